// dW[k,n] (+)= Σm x[m,k]·ds[m,n], db[n] (+)= Σm ds[m,n], ds = dy·f'(s)·r: x [M,K] with a column of ones, dy, s [M,N], r [M]
// uses lib/gemm, lib/rows, lib/cotangent, lib/identity

struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, offset: u32, scale: f32, shift: f32, weight_mode: u32, bias_mode: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<f32>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read_write> dW: array<f32>;
@group(0) @binding(6) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.K + 1u, params.N, params.M); }

fn row_of_a(k: u32) -> u32 { return k; }

fn load_a(k: u32, m: u32) -> f32 { return select(1.0, load_x(data_row(m) * params.K + min(k, params.K - 1u)), k < params.K); }

fn load_b(m: u32, n: u32) -> f32 { return ds(m, min(n, params.N - 1u)); }

// modes: 0 overwrites, 1 adds, 2 leaves alone
fn store(k: u32, n: u32, sum: f32) {
  let value = sum * factor();
  if (k < params.K) {
    let i = k * params.N + n;
    if (params.weight_mode == 0u) { dW[i] = value; } else if (params.weight_mode == 1u) { dW[i] += value; }
  } else {
    if (params.bias_mode == 0u) { db[n] = value; } else if (params.bias_mode == 1u) { db[n] += value; }
  }
}
