// sums[slot] = (objective_of(Σm nll[m], Σi kl[i]), Σm nll[m], Σi kl[i]): nll [M], kl [B], by one invocation; the including shader binds nll, kl and sums
// uses lib/step

// One invocation adds block by block, as the rounding of long sums wants it: barriers would cost more than the additions, most of all on the other
// workgroups of a kernel that this is only a part of.
const BLOCK = 64u;

fn write_sums(local: u32) {
  if (local > 0u) { return; }
  var sum_nll = 0.0;
  for (var i = 0u; i < params.M; i += BLOCK) {
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.M); j++) { block += nll[j]; }
    sum_nll += block;
  }
  var sum_kl = 0.0;
  for (var i = 0u; i < params.B; i += BLOCK) {
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.B); j++) { block += kl[j]; }
    sum_kl += block;
  }
  let at = 3u * step_u32(params.slot);
  sums[at] = objective_of(sum_nll, sum_kl);
  sums[at + 1u] = sum_nll;
  sums[at + 2u] = sum_kl;
}
