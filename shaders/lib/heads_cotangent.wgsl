// d(mean)[b] = direct + Σs dz + r·mean; d(logVar)[b] = direct + Σs dz·½exp(logVar/2)·noise + r·½expm1(logVar): element j < 2L of row b
// uses lib/math

// The including shader binds mean_log_var [B,2L], noise and dz [S·B,L], and defines row_factor(b) = r and direct_at(i).
override DZ: bool = false;

fn heads_cotangent(b: u32, j: u32) -> f32 {
  let L = params.L;
  let at = b * 2u * L + j;
  let value = mean_log_var[at];
  let is_mean = j < L;
  let r = row_factor(b);
  var sum = direct_at(at);
  // 0 times an infinite exp(logVar) would be NaN
  if (r != 0.0) { sum += r * select(0.5 * expm1(value), value, is_mean); }
  if (DZ) {
    let half_deviation = 0.5 * exp(0.5 * value);
    for (var s = 0u; s < params.S; s++) {
      let i = (s * params.B + b) * L + j % L;
      if (is_mean) { sum += dz[i]; } else { sum += dz[i] * half_deviation * noise[i]; }
    }
  }
  return sum;
}
