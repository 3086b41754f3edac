// y = x·σ(x), σ(x) = 1/(1 + exp(−x)); dy/dx = σ(x)·(1 + x·σ(−x))
// uses lib/unary, lib/math

// h² = exp(−|x|), multiplied in one h at a time: exp(−88) alone is a denormal number, which may be flushed to 0, and 88·exp(−88) is not
fn f(x: f32) -> f32 {
  let h = exp(-0.5 * abs(x));
  let lower = select(h, 1.0, x >= 0.0);
  return keep_nan(x, x * lower * (lower / (1.0 + h * h)));
}
fn df(x: f32, y: f32) -> f32 {
  let h = exp(-0.5 * abs(x));
  let r = 1.0 / (1.0 + h * h);
  let lower = select(h, 1.0, x >= 0.0);
  let upper = select(1.0, h, x >= 0.0);
  return keep_nan(x, lower * (1.0 + x * upper * upper * r) * (lower * r));
}
