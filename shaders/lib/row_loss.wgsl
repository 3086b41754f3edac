// nll[m] = Σn loss(m, n, s[m,n]), s = h·W + b: one workgroup per four rows, so that a row's sum needs no second launch
// uses lib/tile

var<workgroup> partial: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let m = (group.x + group.y * groups.x) * 4u;
  let size = gemm_size();
  var sum = vec4f();
  if (m < size.x) {
    for (var n = local * 4u; n < size.y; n += 256u) {
      let t = tile(m, n, size.z);
      for (var j = 0u; j < 4u; j++) {
        if (n + j >= size.y) { break; }
        let s = vec4f(t[0][j], t[1][j], t[2][j], t[3][j]) + b[n + j];
        sum.x += loss(m, n + j, s.x);
        if (m + 1u < size.x) { sum.y += loss(m + 1u, n + j, s.y); }
        if (m + 2u < size.x) { sum.z += loss(m + 2u, n + j, s.z); }
        if (m + 3u < size.x) { sum.w += loss(m + 3u, n + j, s.w); }
      }
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = 32u; half > 0u; half /= 2u) {
    if (local < half) { partial[local] += partial[local + half]; }
    workgroupBarrier();
  }
  if (local < 4u && m + local < size.x) { nll[m + local] = partial[0][local]; }
}
