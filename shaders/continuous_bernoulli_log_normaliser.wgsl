// y = log(x/tanh(x/2)), log 2 at 0: of logits x; dy/dx = 1/x − 1/sinh(x). Loaiza-Ganem and Cunningham (2019)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 {
  let u = abs(x);
  if (u < 1e-4) { return 0.69314718; }
  return keep_nan(x, log(u * (1.0 + exp(-u)) / -expm1(-u)));
}

// With s = sinh(x)/x − 1, by its series for |x| ≤ 2, 1/x − 1/sinh(x) = s/(x·(1 + s)) has no difference that cancels.
fn df(x: f32, y: f32) -> f32 {
  let u = abs(x);
  if (u <= 2.0) {
    let z = x * x;
    let q = 1.0 + z / 20.0 * (1.0 + z / 42.0 * (1.0 + z / 72.0 * (1.0 + z / 110.0 * (1.0 + z / 156.0))));
    return x / 6.0 * q / (1.0 + z / 6.0 * q);
  }
  let g = 1.0 / u - 2.0 / (exp(u) - exp(-u));
  return keep_nan(x, select(g, -g, x < 0.0));
}
