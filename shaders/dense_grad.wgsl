// dx[m,k] (+)= Σn ds[m,n]·W[k,n], dW[k,n] (+)= Σm x[m,k]·ds[m,n], db[n] (+)= Σm ds[m,n], ds = dy·f'(s)·r: x [M,K], dy, s [M,N], r [M], W [K,N]
// uses lib/gemm_pair, lib/grad_input, lib/grad_weight again, lib/cotangent, lib/identity

struct Params {
  M: u32, N: u32, K: u32, a: f32, row: u32, offset: u32, scale: f32, shift: f32, weight_mode: u32, bias_mode: u32, accumulate: u32
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> saved: array<vec4f>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> W: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> dW: array<f32>;
@group(0) @binding(7) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn data_row(m: u32) -> u32 { return m; }

fn load_x(i: u32) -> f32 { return x[i]; }
