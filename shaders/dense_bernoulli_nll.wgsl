// nll[m] = Σn (max(s,0) − x·s + log1p(exp(−|s|))), s = h·W + b; dlogits[m,n] = sigmoid(s) − x where KEEP: h [M,H], W [H,D], b [D], x [B,D] at row m % B
// uses lib/row_loss, lib/rows, lib/math

struct Params { M: u32, B: u32, D: u32, H: u32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read_write> nll: array<f32>;
@group(0) @binding(6) var<storage, read_write> dlogits: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn loss(m: u32, n: u32, s: f32) -> f32 {
  let target_x = load_x(data_row(m % params.B) * params.D + n);
  let e = exp(-abs(s));
  if (KEEP) {
    let upper = 1.0 - target_x - e / (1.0 + e);
    let lower = e / (1.0 + e) - target_x;
    dlogits[m * params.D + n] = select(lower, upper, s >= 0.0);
  }
  return max(s, 0.0) - target_x * s + log1p(e);
}
