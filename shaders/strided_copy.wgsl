// y[y_offset + Σd i_d·y_strides_d] (+)= x[x_offset + Σd i_d·x_strides_d] for every index i of shape, rank 4, n elements
// uses lib/strided

struct Params { shape: vec4u, x_strides: vec4u, y_strides: vec4u, n: u32, x_offset: u32, y_offset: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let value = x[params.x_offset + strided(i, params.shape, params.x_strides)];
  let to = params.y_offset + strided(i, params.shape, params.y_strides);
  if (params.accumulate == 1u) { y[to] += value; } else { y[to] = value; }
}
