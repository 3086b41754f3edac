// y = log(x/tanh(x/2)), log 2 at 0: of logits x; dy/dx = 1/x − 1/sinh(x). Loaiza-Ganem and Cunningham (2019)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 {
  let u = abs(x);
  if (u < 1e-4) { return 0.69314718; }
  return keep_nan(x, log(u * (1.0 + exp(-u)) / -expm1(-u)));
}

fn df(x: f32, y: f32) -> f32 { return cosech_defect(x); }
