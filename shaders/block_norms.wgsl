// y[j] = √(Σ x[i]²), i in block j of `block` elements: x [n], y one per workgroup
// uses lib/norm

struct Params { n: u32, block: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let begin = group.x * params.block;
  let result = norm(begin, min(begin + params.block, params.n), local);
  if (local == 0u) { y[group.x] = result; }
}
