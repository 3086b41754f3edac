// sums[slot] = (wr·Σ nll + wk·Σ kl, Σ nll, Σ kl): nll [M], kl [B]
// uses lib/step

struct Params { M: u32, B: u32, slot: u32, nll_weight: u32, kl_weight: u32 }

@group(0) @binding(0) var<storage, read> nll: array<f32>;
@group(0) @binding(1) var<storage, read> kl: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> partial: array<vec2f, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
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
