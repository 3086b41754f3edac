// y = log|Γ(x)|, ∞ at 0, −1, −2, …; dy/dx = ψ(x) = Γ'(x)/Γ(x), NaN at −1, −2, …
// uses lib/unary, lib/math

// log Γ(1 + a)/(a·(a − 1)) by powers of (a − 3/8)/(a + 19/8), for −½ ≤ a ≤ 3
const NEAR = array<f32, 15>(
  0.50242249, -0.44907268, 0.12895292, -0.15450457, 0.08585554, -0.095033013, 0.064120998, -0.068450637,
  0.051163028, -0.057021899, 0.042938107, -0.027036334, 0.02908759, -0.082618207, 0.060145073);
// x·(log Γ(x) − (x − ½)·log x + x − ½·log 2π) by powers of 1/x², for x ≥ 4
const FAR = array<f32, 3>(0.083333329, -0.0027766149, 0.00074272143);

// one step of Horner's rule, for a polynomial and its derivative
fn horner(p: vec2f, x: f32, c: f32) -> vec2f { return vec2f(p.x * x + c, p.y * x + p.x); }

// log Γ(1 + a) and ψ(1 + a): the zeros of log Γ are factors, so that nothing cancels near 1 and 2
fn near(a: f32) -> vec2f {
  let b = a + 2.375;
  var q = vec2f(0.0);
  for (var k = 14; k >= 0; k--) { q = horner(q, (a - 0.375) / b, NEAR[k]); }
  let p = a * (1.0 - a);
  return vec2f(-p * q.x, (2.0 * a - 1.0) * q.x - 2.75 * p * q.y / (b * b));
}

// log Γ(x) and ψ(x) for x ≥ ½; from 4 on by Stirling's formula, and by what it leaves
fn right(x: f32) -> vec2f {
  if (x < 4.0) { return near(x - 1.0); }
  let i = 1.0 / x;
  let w = i * i;
  var q = vec2f(0.0);
  for (var k = 2; k >= 0; k--) { q = horner(q, w, FAR[k]); }
  let l = ln(x);
  return vec2f((x - 0.5) * (l - 1.0) + (0.41893853 + q.x * i), l - (0.5 * i + w * (q.x + 2.0 * w * q.y)));
}

// sin(πr)/π for |r| ≤ ½
fn sin_pi(r: f32) -> f32 {
  let z = r * r;
  return r * (1.0 + z * (-1.6449332 + z * (0.81171484 + z * (-0.19044175 + z * 0.024718645))));
}

// on the left |Γ(x)·Γ(−x)| = π/|x·sin πx|; from 2^23 on all numbers are whole
fn f(x: f32) -> f32 {
  let u = abs(x);
  if (is_nan(x)) { return x; }
  if (u < 0.5) { return near(x).x - ln(u); }
  if (x > 0.0) { return right(x).x; }
  let r = u - round(min(u, 8388608.0));
  if (r == 0.0 || u >= 8388608.0) { return infinity(); }
  return -ln(u * abs(sin_pi(r))) - right(u).x;
}

// on the left ψ(x) − ψ(−x) = −1/x − π·cot πx
fn df(x: f32, y: f32) -> f32 {
  let u = abs(x);
  if (is_nan(x)) { return x; }
  if (u < 0.5) { return near(x).y - 1.0 / x; }
  if (x > 0.0) { return right(x).y; }
  let r = u - round(min(u, 8388608.0));
  if (r == 0.0 || u >= 8388608.0) { return nan(); }
  return right(u).y + (1.0 / u + 3.1415927 * sin_pi(0.5 - abs(r)) / sin_pi(r));
}
