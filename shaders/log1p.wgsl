// y = log(1 + x); dy/dx = 1/(1 + x)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return log1p(x); }
fn df(x: f32, y: f32) -> f32 { return 1.0 / (1.0 + x); }
