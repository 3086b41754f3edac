// y = min(max(x, a), b), a ≤ b; dy/dx = 1 where a ≤ x ≤ b, else 0
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return keep_nan(x, clamp(x, params.a, params.b)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, select(0.0, 1.0, x >= params.a && x <= params.b)); }
