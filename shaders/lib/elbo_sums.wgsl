// sums[slot] = (objective_of(Σ wr·nll + Σ wk·kl), Σ nll, Σ kl): nll [M], kl [B], by one invocation; the including shader binds nll, kl and sums, and
// defines nll_weight() = wr, kl_weight() = wk and objective_of
// uses lib/step

// One invocation adds block by block, as the rounding of long sums wants it: barriers would cost more than the additions, most of all on the other
// workgroups of a kernel that this is only a part of. Terms are weighed before they are added: their sum may be more than f32 can hold.
const BLOCK = 64u;

fn write_sums(local: u32) {
  if (local > 0u) { return; }
  let weights = vec2f(nll_weight(), kl_weight());
  var objective = 0.0;
  var sum_nll = 0.0;
  for (var i = 0u; i < params.M; i += BLOCK) {
    var weighted = 0.0;
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.M); j++) {
      weighted += weights.x * nll[j];
      block += nll[j];
    }
    objective += weighted;
    sum_nll += block;
  }
  var sum_kl = 0.0;
  for (var i = 0u; i < params.B; i += BLOCK) {
    var weighted = 0.0;
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.B); j++) {
      weighted += weights.y * kl[j];
      block += kl[j];
    }
    objective += weighted;
    sum_kl += block;
  }
  let at = 3u * step_u32(params.slot);
  sums[at] = objective_of(objective);
  sums[at + 1u] = sum_nll;
  sums[at + 2u] = sum_kl;
}
