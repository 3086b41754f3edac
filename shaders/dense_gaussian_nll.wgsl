// nll[m] = ½Σn log 2π + logVar + (x − s)²/var, s = h·W + b; dmean[m,n] = (s − x)/var where KEEP: h [M,H], W [H,D], x[m % B] [B,D], logVar [D] or one
// uses lib/row_loss, lib/straddle, lib/rows

struct Params { M: u32, B: u32, D: u32, H: u32, log_var: f32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;
override LEARNED: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read> log_var: array<f32>;
@group(0) @binding(6) var<storage, read_write> nll: array<f32>;
@group(0) @binding(7) var<storage, read_write> dmean: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const LOG_2PI = 1.8378770664093453;

fn gemm_size() -> vec3u { return vec3u(params.M, params.D, params.H); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u) * params.H; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return h[row + k]; }

fn load_b4(k: u32, n: u32) -> vec4f {
  let i = k * params.D + n;
  if (params.D % 4u == 0u) { return W[i / 4u]; }
  return straddle(W[i / 4u], W[i / 4u + 1u], i % 4u);
}

fn loss(m: u32, n: u32, s: f32) -> f32 {
  var v = params.log_var;
  if (LEARNED) { v = log_var[n]; }
  let inverse_deviation = exp(-0.5 * v);
  let t = (s - load_x(data_row(m % params.B) * params.D + n)) * inverse_deviation;
  if (KEEP) { dmean[m * params.D + n] = t * inverse_deviation; }
  return 0.5 * (LOG_2PI + v + t * t);
}
