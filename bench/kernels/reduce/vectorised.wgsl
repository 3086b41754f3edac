// y[m] = Σn x[m,n], x [M,N]: a row per workgroup, read as vec4, each of 64 invocations with four sums; then the same tree

struct Params { M: u32, N: u32 }

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const THREADS = 64u;

var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let m = group.x;
  sums[index] = strided_sum(m * params.N, (m + 1u) * params.N, index);
  workgroupBarrier();
  for (var distance = THREADS / 2u; distance > 0u; distance /= 2u) {
    if (index < distance) { sums[index] += sums[index + distance]; }
    workgroupBarrier();
  }
  if (index == 0u) { y[m] = sums[0]; }
}

// every 64th vec4 that holds elements begin … end − 1; the first and the last may also hold a neighbouring row's, which are left out
fn strided_sum(begin: u32, end: u32, index: u32) -> f32 {
  var four = vec4f();
  for (var i = begin / 4u + index; 4u * i < end; i += THREADS) {
    let at = 4u * i + vec4u(0u, 1u, 2u, 3u);
    four += select(vec4f(), x[i], (at >= vec4u(begin)) & (at < vec4u(end)));
  }
  return (four.x + four.y) + (four.z + four.w);
}
