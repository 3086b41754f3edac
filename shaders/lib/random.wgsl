// y[4j + r] = value_of(philox([first + j, 0, 0, 0], [k0, k1])[r]) for 4j + r < n; the including shader defines Value and value_of
// uses lib/philox, lib/step

struct Params { n: u32, k0: u32, k1: u32, first: u32 }

@group(0) @binding(0) var<storage, read_write> y: array<Value>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = (group.x + group.y * groups.x) * 256u + local;
  let i = 4u * block;
  if (i >= params.n) { return; }
  let bits = philox(vec4u(params.first + block, 0u, 0u, 0u), vec2u(step_u32(params.k0), step_u32(params.k1)));
  y[i] = value_of(bits.x);
  if (i + 1u < params.n) { y[i + 1u] = value_of(bits.y); }
  if (i + 2u < params.n) { y[i + 2u] = value_of(bits.z); }
  if (i + 3u < params.n) { y[i + 3u] = value_of(bits.w); }
}
