// y = 1/x; dy/dx = −y²
// uses lib/unary

fn f(x: f32) -> f32 { return 1.0 / x; }
fn df(x: f32, y: f32) -> f32 { return -y * y; }
