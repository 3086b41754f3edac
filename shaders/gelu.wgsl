// y = x·Φ(x); dy/dx = Φ(x) + x·φ(x), Φ the standard normal distribution function and φ its density
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return x * normal_cdf(x); }
fn df(x: f32, y: f32) -> f32 { return normal_cdf(x) + x * normal_pdf(x); }
