// y = exp(x) − 1; dy/dx = exp(x)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return expm1(x); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, exp(x)); }
