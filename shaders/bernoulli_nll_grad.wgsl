// y = dnll/dl = σ(l) − x, for l ≥ 0 as (1 − x) − σ(−l): at saturated logits what is left keeps its relative accuracy
// uses lib/binary, lib/math

fn f(l: f32, x: f32) -> f32 { return select(logistic(l) - x, (1.0 - x) - logistic(-l), l >= 0.0); }
