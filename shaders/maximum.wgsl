// y = max(a, b), NaN if either is
// uses lib/binary, lib/math

fn f(a: f32, b: f32) -> f32 { return keep_nan(a, keep_nan(b, max(a, b))); }
