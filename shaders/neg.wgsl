// y = −x; dy/dx = −1
// uses lib/unary

fn f(x: f32) -> f32 { return -x; }
fn df(x: f32, y: f32) -> f32 { return -1.0; }
