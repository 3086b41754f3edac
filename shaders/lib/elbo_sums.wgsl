// sums[slot] = (objective_of(Σm nll[m], Σi kl[i]), Σm nll[m], Σi kl[i]): nll [M], kl [B], by one workgroup of 64; the including shader binds nll, kl and sums
// uses lib/step

// Each invocation adds up every 64th row, and the first one these sums: M/64 + 64 roundings in place of M, for one barrier.
const LANES = 64u;
var<workgroup> partial: array<vec2f, LANES>;

fn write_sums(local: u32) {
  var sum = vec2f();
  for (var i = local; i < params.M; i += LANES) { sum.x += nll[i]; }
  for (var i = local; i < params.B; i += LANES) { sum.y += kl[i]; }
  partial[local] = sum;
  workgroupBarrier();
  if (local > 0u) { return; }
  for (var i = 1u; i < LANES; i++) { sum += partial[i]; }
  let at = 3u * step_u32(params.slot);
  sums[at] = objective_of(sum.x, sum.y);
  sums[at + 1u] = sum.x;
  sums[at + 2u] = sum.y;
}
