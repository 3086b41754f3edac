// y[m, k] = x[m, k], rows of a data set scaled and put one after the other: y [B, D], n = B·D
// uses lib/rows

struct Params { n: u32, columns: u32, offset: u32, scale: f32, shift: f32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] = load_x(data_row(i / params.columns) * params.columns + i % params.columns); }
}
