// y = sin(x); dy/dx = cos(x)
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, sin(x)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, cos(x)); }
