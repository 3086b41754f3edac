// y[m,n] = f(s[m,n]), s = x·W + b: x [M,K] (or rows of a data set), W [K,N] (where HALF in f16, two to a word), b [N]; s is written where KEEP
// uses lib/gemm, lib/straddle, lib/rows, lib/identity

struct Params { M: u32, N: u32, K: u32, a: f32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;
override HALF: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> W: array<vec4u>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> s: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.M, params.N, params.K); }

fn row_of_a(m: u32) -> u32 { return data_row(min(m, params.M - 1u)) * params.K; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return load_x(row + k); }

fn load_b4(k: u32, n: u32) -> vec4f {
  let i = k * params.N + n;
  if (HALF) { return vec4f(half_of_w(i), half_of_w(i + 1u), half_of_w(i + 2u), half_of_w(i + 3u)); }
  let low = bitcast<vec4f>(W[i / 4u]);
  if (params.N % 4u == 0u) { return low; }
  return straddle(low, bitcast<vec4f>(W[i / 4u + 1u]), i % 4u);
}

fn half_of_w(i: u32) -> f32 { return unpack2x16float(W[i / 8u][i / 2u % 4u])[i % 2u]; }

fn store(m: u32, n: u32, value: f32) {
  let i = m * params.N + n;
  let pre = value + b[n];
  y[i] = f(pre);
  if (KEEP) { s[i] = pre; }
}
