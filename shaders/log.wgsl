// y = log(x); dy/dx = 1/x
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return ln(x); }
fn df(x: f32, y: f32) -> f32 { return 1.0 / x; }
