// sums[slot] = (wr·Σ nll + wk·Σ kl, Σ nll, Σ kl): nll [M], kl [B], by one workgroup of 256; the including shader binds nll, kl and sums
// uses lib/step

var<workgroup> partial: array<vec2f, 256>;

fn write_sums(local: u32) {
  var sum = vec2f();
  for (var i = local; i < params.M; i += 256u) { sum.x += nll[i]; }
  for (var i = local; i < params.B; i += 256u) { sum.y += kl[i]; }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = 128u; half > 0u; half /= 2u) {
    if (local < half) { partial[local] += partial[local + half]; }
    workgroupBarrier();
  }
  if (local == 0u) {
    let at = 3u * step_u32(params.slot);
    sums[at] = step_f32(params.nll_weight) * partial[0].x + step_f32(params.kl_weight) * partial[0].y;
    sums[at + 1u] = partial[0].x;
    sums[at + 2u] = partial[0].y;
  }
}
