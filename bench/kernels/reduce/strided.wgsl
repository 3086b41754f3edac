// y[m] = Σn x[m,n], x [M,N]: a row per workgroup, each of 64 invocations adds up every 64th element, the first their sums

struct Params { M: u32, N: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const THREADS = 64u;

var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let m = group.x;
  // neighbours read neighbouring elements
  var sum = 0.0;
  for (var n = index; n < params.N; n += THREADS) { sum += x[m * params.N + n]; }
  sums[index] = sum;
  workgroupBarrier();
  if (index != 0u) { return; }
  for (var i = 1u; i < THREADS; i++) { sum += sums[i]; }
  y[m] = sum;
}
