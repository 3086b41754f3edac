// y = d(a^b)/da = b·a^(b − 1), 0 at b = 0
// uses lib/binary, lib/pow

fn f(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 0.0; }
  return b * power(a, b - 1.0);
}
