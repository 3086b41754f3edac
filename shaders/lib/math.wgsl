// log1p, expm1, expm1(x) − x, 1/x − 1/sinh(x), the logistic function and the normal distribution's, good to a few ulp; NaN passes through all of them

// WGSL may assume that there is no NaN: a test of its bits is the only one that holds
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn nan() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }

// y = f(x), but x where x is NaN: min, max, clamp and exp may swallow it
fn keep_nan(x: f32, y: f32) -> f32 { return select(y, x, is_nan(x)); }

// x > 0, and never true for NaN: its bits are those of a number from the least to ∞
fn is_positive(x: f32) -> bool { return bitcast<u32>(x) - 1u < 0x7f800000u; }

fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }

fn infinity() -> f32 { var bits = 0x7f800000u; return bitcast<f32>(bits); }

// log(x), on which drivers do not agree for negative numbers, 0, and denormal ones: those are bits·2^-149
fn ln(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -infinity(); }
  if (bits < 0x00800000u) { return log(f32(bits)) - 103.27893; }
  return select(keep_nan(x, log(x)), nan(), bits > 0x80000000u);
}

// log(1 + x). With s = x/(2 + x) it is 2·atanh(s) = x − (x²/2 − s·(x²/2 + R(s²))), used where WGSL's own log is only good absolutely (1 + x in [½, 2]).
fn log1p(x: f32) -> f32 {
  if (is_nan(x) || x < -0.5 || x > 1.0) { return ln(1.0 + x); }
  let s = x / (2.0 + x);
  let z = s * s;
  let r = z * (0.66666669 + z * (0.40000010 + z * (0.28570297 + z * (0.22264951 + z * (0.17462222 + z * 0.20796578)))));
  let half_square = 0.5 * x * x;
  return x - (half_square - s * (half_square + r));
}

// (exp(x) − 1 − x)/x² for |x| ≤ 1
fn expm1_tail(x: f32) -> f32 {
  let high = 1.3888859e-3 + x * (1.9837049e-4 + x * (2.4804369e-5 + x * (2.8123002e-6 + x * 2.7712525e-7)));
  return 0.5 + x * (0.16666667 + x * (0.041666668 + x * (8.3333449e-3 + x * high)));
}

// exp(x) − 1
fn expm1(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return x + x * x * expm1_tail(x); }
  return keep_nan(x, exp(x) - 1.0);
}

// exp(x) − 1 − x, which is x²/2 near 0
fn expm1_minus(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return x * x * expm1_tail(x); }
  return keep_nan(x, exp(x) - 1.0 - x);
}

// 1/(1 + exp(−x)), in |x| so that exp does not overflow; the lower tail keeps its relative accuracy
fn logistic(x: f32) -> f32 {
  let e = exp(-abs(x));
  return keep_nan(x, select(e, 1.0, x >= 0.0) / (1.0 + e));
}

// max(x, 0) + log(1 + exp(−|x|))
fn log1p_exp(x: f32) -> f32 { return keep_nan(x, max(x, 0.0) + log1p(exp(-abs(x)))); }

// Φ(x) = (1 + erf(x/√2))/2: exp(−x²/2)·t·Q(t) with t = 1/(1 + 0.3·|x|) is the tail, with its relative accuracy
fn normal_cdf(x: f32) -> f32 {
  let u = abs(x);
  let t = 1.0 / (1.0 + 0.3 * u);
  let high = 0.096157439 + t * (-0.079424642 + t * (0.19178593 + t * (-0.22821465 + t * (0.11243606 - t * 0.020623552))));
  let q = 0.11968669 + t * (0.11957181 + t * (0.11023547 + t * (0.078389443 + t * high)));
  let tail = exp(-0.5 * u * u) * t * q;
  return keep_nan(x, select(1.0 - tail, tail, x < 0.0));
}

// exp(−x²/2)/√(2π)
fn normal_pdf(x: f32) -> f32 { return 0.39894228 * exp(-0.5 * x * x); }

// q of sinh(x) = x + (x³/6)·q, of z = x², for |x| ≤ 2
fn sinh_tail(z: f32) -> f32 {
  return 1.0 + z / 20.0 * (1.0 + z / 42.0 * (1.0 + z / 72.0 * (1.0 + z / 110.0 * (1.0 + z / 156.0))));
}

// 1/x − 1/sinh(x): with q = sinh_tail it is (x/6)·q/(1 + (x²/6)·q), without a difference that cancels, for |x| ≤ 2
fn cosech_defect(x: f32) -> f32 {
  let u = abs(x);
  if (u <= 2.0) {
    let q = sinh_tail(x * x);
    return x / 6.0 * q / (1.0 + x * x / 6.0 * q);
  }
  let g = 1.0 / u - 2.0 / (exp(u) - exp(-u));
  return keep_nan(x, select(g, -g, x < 0.0));
}
