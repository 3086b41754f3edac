// y = max(x, 0); dy/dx = 1 where y > 0, else y, which is 0 or NaN
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, max(x, 0.0)); }
fn df(x: f32, y: f32) -> f32 { return select(y, 1.0, is_positive(y)); }
