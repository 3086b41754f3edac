// d(mean)[i] = direct + r·mean + Σs dz; d(logVar)[i] = direct + r·½·expm1(logVar) + Σs dz·½·exp(logVar/2)·noise: element j < 2L of row i
// uses lib/math

// The including shader binds mean_log_var [B,2L], noise and dz [S·B,L], and defines row_factor(i) = r and direct_at(at).
override DZ: bool = false;

fn heads_cotangent(i: u32, j: u32) -> f32 {
  let L = params.L;
  let at = i * 2u * L + j;
  let value = mean_log_var[at];
  let is_mean = j < L;
  let r = row_factor(i);
  var sum = direct_at(at);
  // 0 times an infinite exp(logVar) would be NaN
  if (r != 0.0) { sum += r * select(0.5 * expm1(value), value, is_mean); }
  if (DZ) {
    let half_deviation = 0.5 * exp(0.5 * value);
    for (var s = 0u; s < params.S; s++) {
      let at_z = (s * params.B + i) * L + j % L;
      if (is_mean) { sum += dz[at_z]; } else { sum += dz[at_z] * half_deviation * noise[at_z]; }
    }
  }
  return sum;
}
