// y = a^b
// uses lib/binary, lib/pow

fn f(a: f32, b: f32) -> f32 { return power(a, b); }
