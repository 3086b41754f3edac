// dx[m,k] (+)= Σn ds[m,n]·W[k,n], ds = dy·f'(s)·r: dy, s [M,N], r [M], W [K,N], dx [M,K]
// uses lib/gemm, lib/cotangent, lib/identity

struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> saved: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.M, params.K, params.N); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u); }

fn load_a(m: u32, n: u32) -> f32 { return ds(m, n); }

fn load_b(n: u32, k: u32) -> f32 { return W[min(k, params.K - 1u) * params.N + n]; }

fn store(m: u32, k: u32, value: f32) {
  let i = m * params.K + k;
  if (params.accumulate == 1u) { dx[i] += value * factor(); } else { dx[i] = value * factor(); }
}
