// y = x²; dy/dx = 2x
// uses lib/unary

fn f(x: f32) -> f32 { return x * x; }
fn df(x: f32, y: f32) -> f32 { return 2.0 * x; }
