// C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N]: one invocation for each element of C, 16×16 in a workgroup

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(16, 16)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let m = id.y;
  let n = id.x;
  if (m >= params.M || n >= params.N) { return; }
  var sum = 0.0;
  for (var k = 0u; k < params.K; k++) { sum += a[m * params.K + k] * b[k * params.N + n]; }
  c[m * params.N + n] = sum;
}
