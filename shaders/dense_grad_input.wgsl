// dx[m,k] (+)= Σn ds[m,n]·W[k,n], ds = dy·f'(s)·r: dy, s [M,N], r [M], W [K,N], dx [M,K]
// uses lib/gemm, lib/grad_input, lib/cotangent, lib/identity

struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> saved: array<vec4f>;
@group(0) @binding(2) var<storage, read> rows: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
