// C[m,n] (+)= Σk A[m,k]·B[k,n], A [M,K], B [K,N], each at its own strides, so that a transposed operand needs no copy
// uses lib/gemm, lib/load_b4

struct Params { M: u32, N: u32, K: u32, a_m: u32, a_k: u32, b_k: u32, b_n: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.M, params.N, params.K); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u) * params.a_m; }

fn column_of_a(k: u32) -> u32 { return k * params.a_k; }

fn load_a(row: u32, column: u32) -> f32 { return a[row + column]; }

fn load_b(k: u32, n: u32) -> f32 { return b[k * params.b_k + min(n, params.N - 1u) * params.b_n]; }

fn store(m: u32, n: u32, value: f32) {
  let i = m * params.N + n;
  if (params.accumulate == 1u) { c[i] += value; } else { c[i] = value; }
}
