// nll[m] = ½ Σn (log 2π + v + (x − s)²/exp(v)), s = h·W + b, v = logVar [D] or one; dmean[m,n] = (s − x)/exp(v) where KEEP: h [M,H], W [H,D], b [D], x [B,D] at row m % B
// uses lib/row_loss, lib/rows

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

fn loss(m: u32, n: u32, s: f32) -> f32 {
  var v = params.log_var;
  if (LEARNED) { v = log_var[n]; }
  let inverse_deviation = exp(-0.5 * v);
  let t = (s - load_x(data_row(m % params.B) * params.D + n)) * inverse_deviation;
  if (KEEP) { dmean[m * params.D + n] = t * inverse_deviation; }
  return 0.5 * (LOG_2PI + v + t * t);
}
