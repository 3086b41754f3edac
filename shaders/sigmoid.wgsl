// y = 1/(1 + exp(−x)); dy/dx = y·(1 − y), from x because 1 − y loses the upper tail
// uses lib/unary, lib/math

fn f(x: f32) -> f32 { return logistic(x); }
fn df(x: f32, y: f32) -> f32 { return logistic(x) * logistic(-x); }
