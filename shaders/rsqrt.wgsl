// y = 1/√x; dy/dx = −y³/2
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, inverseSqrt(x)); }
fn df(x: f32, y: f32) -> f32 { return -0.5 * y * y * y; }
