// power(a, b) = a^b for every a and b, as IEEE 754 has it (WGSL's pow is undefined for a < 0)
// uses lib/math

// Exact steps for small whole exponents, which also gives the sign; b = ±16 bounds the loop.
fn whole_power(a: f32, b: f32) -> f32 {
  var y = 1.0;
  for (var k = 0u; k < u32(abs(b)); k++) { y *= a; }
  return select(y, 1.0 / y, b < 0.0);
}

// |a|^b where a or b is 0 or infinite, else what WGSL has
fn magnitude_power(u: f32, b: f32) -> f32 {
  if (!is_infinite(b) && !is_infinite(u) && u != 0.0) { return pow(u, b); }
  if (u == 1.0) { return 1.0; }
  return select(0.0, infinity(), (u > 1.0) == (b > 0.0));
}

// NaN, ±0 and ±∞ are told by their bits: WGSL may assume that there is none of them
fn power(a: f32, b: f32) -> f32 {
  if (bitcast<u32>(a) == 0x3f800000u || (bitcast<u32>(b) << 1u) == 0u) { return 1.0; }
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  let u = abs(a);
  let whole = b == floor(b);
  if (whole && abs(b) <= 16.0 && u != 0.0 && !is_infinite(u)) { return whole_power(a, b); }
  let y = magnitude_power(u, b);
  if ((bitcast<u32>(a) >> 31u) == 0u) { return y; }
  if (!whole) { return select(nan(), y, u == 0.0 || is_infinite(u)); }
  let odd = abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  return select(y, -y, odd);
}
