// y = |x|; dy/dx = sign(x), 0 at 0
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return abs(x); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, sign(x)); }
