// y = x where x > 0, else a·(exp(x) − 1), a ≥ 0; dy/dx = 1 where y > 0, else y + a
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, select(params.a * expm1(x), x, x > 0.0)); }
fn df(x: f32, y: f32) -> f32 { return select(y + params.a, 1.0, is_positive(y)); }
