// y[o] = max over r of x[o, r], r over the reduced axes; NaN if any x[o, r] is NaN
// uses lib/reduce, lib/math

fn start(first: f32) -> f32 { return first; }

fn combine(p: f32, q: f32) -> f32 {
  if (is_nan(p)) { return p; }
  if (is_nan(q)) { return q; }
  return max(p, q);
}
