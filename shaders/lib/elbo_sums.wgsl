// sums[slot] = (objective_of(Σm wr·nll[m] + Σi wk·kl[i]), Σm nll[m], Σi kl[i]): nll [M], kl [B], by one workgroup of 64
// uses lib/step

// The including shader binds nll, kl and sums, and defines nll_weight() = wr, kl_weight() = wk and objective_of. Each invocation adds up every 64th row,
// and the first one these sums: M/64 + 64 roundings in place of M, for one barrier. Rows are weighed before they are added: their sum may be more than f32
// can hold where their mean is not.
const LANES = 64u;
var<workgroup> partial: array<vec3f, LANES>;

fn write_sums(local: u32) {
  var sum = vec3f();
  for (var i = local; i < params.M; i += LANES) { sum += vec3f(nll_weight() * nll[i], nll[i], 0.0); }
  for (var i = local; i < params.B; i += LANES) { sum += vec3f(kl_weight() * kl[i], 0.0, kl[i]); }
  partial[local] = sum;
  workgroupBarrier();
  if (local > 0u) { return; }
  for (var i = 1u; i < LANES; i++) { sum += partial[i]; }
  let at = 3u * step_u32(params.slot);
  sums[at] = objective_of(sum.x);
  sums[at + 1u] = sum.y;
  sums[at + 2u] = sum.z;
}
