// g[i] *= min(1, maxNorm/(√(Σj x[j]²) + 1e-6)): g [n], x [blocks] the norms of its blocks; zeros stay zero
// uses lib/norm, lib/math, lib/step

struct Params { n: u32, block: u32, blocks: u32, max_norm: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let factor = step_f32(params.max_norm) / (norm(0u, params.blocks, local) + 1e-6);
  if (!is_nan(factor) && factor >= 1.0) { return; }
  let begin = group.x * params.block;
  let end = min(begin + params.block, params.n);
  for (var i = begin + local; i < end; i += 256u) {
    // also where the factor is NaN, so that the padding stays clean
    if (g[i] != 0.0) { g[i] *= factor; }
  }
}
