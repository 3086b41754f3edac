// y[m] = Σn x[m,n], x [M,N]: one invocation adds up a whole row

struct Params { M: u32, N: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.x;
  if (m >= params.M) { return; }
  var sum = 0.0;
  for (var n = 0u; n < params.N; n++) { sum += x[m * params.N + n]; }
  y[m] = sum;
}
