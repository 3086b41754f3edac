// y[i, c] = x[index[i], c], x [R, C], index [N], y [N, C], n = N·C; NaN where there is no row index[i]
// uses lib/math

struct Params { n: u32, rows: u32, columns: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let row = index[i / params.columns];
  if (row < params.rows) { y[i] = x[row * params.columns + i % params.columns]; } else { y[i] = nan(); }
}
