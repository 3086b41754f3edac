// g[i] = min(max(g[i], −limit), limit), for i < n; NaN stays NaN
// uses lib/math, lib/step

struct Params { n: u32, limit: u32 }

@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let limit = step_f32(params.limit);
  if (!is_nan(g[i]) && abs(g[i]) > limit) { g[i] = select(-limit, limit, g[i] > 0.0); }
}
