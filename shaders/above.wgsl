// y = 1 where a > b, ½ where a = b, 0 where a < b, NaN if either is: the share of a in the gradient of max(a, b)
// uses lib/binary, lib/math

fn f(a: f32, b: f32) -> f32 { return keep_nan(a, keep_nan(b, select(select(0.0, 0.5, a == b), 1.0, a > b))); }
