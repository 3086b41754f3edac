// y = 1/(1 − exp(−x)) − 1/x, ½ at 0: of logits x; dy/dx = 1/x² − 1/(4·sinh²(x/2)). Loaiza-Ganem and Cunningham (2019)
// uses lib/unary, lib/math

// σ(x) and 1/sinh(x) − 1/x, which have no difference that cancels: for x < 0 both are positive.
fn f(x: f32) -> f32 { return keep_nan(x, logistic(x) - cosech_defect(x)); }

// With u = x/2 and sinh(u) = u·r it is ¼·(1/u − 1/sinh(u))·(1/u + 1/sinh(u)), the first factor by its series for |x| ≤ 2.
fn df(x: f32, y: f32) -> f32 {
  let u = 0.5 * x;
  if (abs(x) <= 2.0) {
    let q = sinh_tail(u * u);
    let r = 1.0 + u * u / 6.0 * q;
    return q / 24.0 / r * (1.0 + 1.0 / r);
  }
  let e = exp(-abs(x));
  return keep_nan(x, 1.0 / x / x - e / ((1.0 - e) * (1.0 - e)));
}
