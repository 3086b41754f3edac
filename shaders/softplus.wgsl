// y = log(1 + exp(x)) = max(x, 0) + log1p(exp(−|x|)); dy/dx = 1/(1 + exp(−x)) = −expm1(−y)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return log1p_exp(x); }
fn df(x: f32, y: f32) -> f32 { return -expm1(-y); }
