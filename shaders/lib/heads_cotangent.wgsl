// d(mean)[b] = direct + Σs dz + r·mean; d(logVar)[b] = direct + Σs dz·½exp(logVar/2)·noise + r·½expm1(logVar): element j < 2L of row b
// uses lib/math

// The including shader binds mean_log_var [B,2L] and dz [S·B,L] and defines row_factor(b) = r, direct_at(i), and
// half_drawn(i, mean, logVar) = ½exp(logVar/2)·noise[i].
override DZ: bool = false;

fn heads_cotangent(b: u32, j: u32) -> f32 {
  let L = params.L;
  let at = b * 2u * L + j;
  let value = mean_log_var[at];
  let is_mean = j < L;
  var sum = row_factor(b) * select(0.5 * expm1(value), value, is_mean) + direct_at(at);
  if (DZ) {
    let mean = mean_log_var[b * 2u * L + j % L];
    for (var s = 0u; s < params.S; s++) {
      let i = (s * params.B + b) * L + j % L;
      if (is_mean) { sum += dz[i]; } else { sum += dz[i] * half_drawn(i, mean, value); }
    }
  }
  return sum;
}
