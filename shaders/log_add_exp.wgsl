// y = log(exp(a) + exp(b)) = max(a, b) + log1p(exp(−|a − b|))
// uses lib/binary, lib/math

// a = b takes the short way: ∞ − ∞ is NaN
fn f(a: f32, b: f32) -> f32 {
  if (a == b) { return a + 0.69314718; }
  return keep_nan(a, keep_nan(b, max(a, b) + log1p(exp(-abs(a - b)))));
}
