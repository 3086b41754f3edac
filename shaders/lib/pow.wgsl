// power(a, b) = a^b for every a and b (WGSL's pow is undefined for a < 0)
// uses lib/math

// Exact steps for small whole exponents, which also gives the sign; b = ±16 bounds the loop.
fn whole_power(a: f32, b: f32) -> f32 {
  var y = 1.0;
  for (var k = 0u; k < u32(abs(b)); k++) { y *= a; }
  return select(y, 1.0 / y, b < 0.0);
}

fn power(a: f32, b: f32) -> f32 {
  let whole = b == floor(b);
  if (whole && abs(b) <= 16.0) { return whole_power(a, b); }
  if (a == 0.0) { return select(1.0 / abs(a), 0.0, b > 0.0); }
  let y = pow(abs(a), b);
  let odd = abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  if (a < 0.0) { return select(nan(), select(y, -y, odd), whole); }
  return keep_nan(a, keep_nan(b, y));
}
