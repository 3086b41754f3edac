// y[m] = Σn x[m,n], x [M,N]: a row per workgroup, a tree whose invocations at work stay side by side: the lower half adds the upper half, …

struct Params { M: u32, N: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const THREADS = 64u;

var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let m = group.x;
  var sum = 0.0;
  for (var n = index; n < params.N; n += THREADS) { sum += x[m * params.N + n]; }
  sums[index] = sum;
  workgroupBarrier();
  // a subgroup is at work or it is not: none of them goes through the loop for a few of its invocations
  for (var distance = THREADS / 2u; distance > 0u; distance /= 2u) {
    if (index < distance) { sums[index] += sums[index + distance]; }
    workgroupBarrier();
  }
  if (index == 0u) { y[m] = sums[0]; }
}
