// y = log(1 + u·(exp(l) − 1))/l, u at l = 0: the inverse distribution function, of logits l = a and a probability u = b, in [0, 1]
// uses lib/binary, lib/math

// F(x; l) = 1 − F(1 − x; −l): the side of negative logits serves both, and nothing overflows.
fn f(l: f32, u: f32) -> f32 {
  let size = max(abs(l), 1e-6);
  let v = select(1.0 - u, u, l < 0.0);
  let x = clamp(log1p(v * expm1(-size)) / -size, 0.0, 1.0);
  return keep_nan(l, select(1.0 - x, x, l < 0.0));
}
