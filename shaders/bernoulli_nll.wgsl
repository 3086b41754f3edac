// y = −log p(x | logits) = max(l, 0) − x·l + log1p(exp(−|l|)), of logits l = a and data x = b
// uses lib/binary, lib/math

fn f(l: f32, x: f32) -> f32 { return keep_nan(l, max(l, 0.0) - x * l + log1p(exp(-abs(l)))); }
