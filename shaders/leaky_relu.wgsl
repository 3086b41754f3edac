// y = x where x > 0, else a·x, a ≥ 0; dy/dx = 1 where y > 0, else a
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, select(params.a * x, x, x > 0.0)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(y, select(params.a, 1.0, y > 0.0)); }
