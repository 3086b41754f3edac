// dW[k,n] (+)= Σm x[m,k]·ds[m,n], db[n] (+)= Σm ds[m,n], ds = dy·f'(s)·r: x [M,K] with a column of ones, dy, s [M,N], r [M]
// uses lib/gemm, lib/grad_weight, lib/rows, lib/cotangent, lib/identity

struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, offset: u32, scale: f32, shift: f32, weight_mode: u32, bias_mode: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read> saved: array<vec4f>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read_write> dW: array<f32>;
@group(0) @binding(6) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
