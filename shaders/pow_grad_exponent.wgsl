// y = d(a^b)/db = a^b·log(a), 0 at a = 0 with b ≥ 0
// uses lib/binary, lib/pow

fn f(a: f32, b: f32) -> f32 {
  if (a == 0.0 && b >= 0.0) { return 0.0; }
  return power(a, b) * ln(a);
}
