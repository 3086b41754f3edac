// sums[slot] = (Σm wr·nll[m] + Σi wk·kl[i], Σm nll[m], Σi kl[i]): nll [M], kl [B]
// uses lib/elbo_sums

struct Params { M: u32, B: u32, slot: u32, nll_weight: u32, kl_weight: u32 }

@group(0) @binding(0) var<storage, read> nll: array<f32>;
@group(0) @binding(1) var<storage, read> kl: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn nll_weight() -> f32 { return step_f32(params.nll_weight); }

fn kl_weight() -> f32 { return step_f32(params.kl_weight); }

fn objective_of(weighted: f32) -> f32 { return weighted; }

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) local: u32) {
  write_sums(local);
}
