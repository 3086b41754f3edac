// y = √x; dy/dx = 1/(2y)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, sqrt(x)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(y, 0.5 / y); }
