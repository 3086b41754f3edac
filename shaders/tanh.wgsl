// y = tanh(x) = m/(m + 2) of the sign of x, with m = expm1(2|x|); dy/dx = 1 − y²
// uses lib/unary, lib/math

// beyond 10 it is 1 in f32; the bound keeps m finite
fn f(x: f32) -> f32 {
  let m = expm1(2.0 * min(abs(x), 10.0));
  let y = m / (m + 2.0);
  return keep_nan(x, select(y, -y, x < 0.0));
}
fn df(x: f32, y: f32) -> f32 { return (1.0 - y) * (1.0 + y); }
