// y[i] = labels[index[offset + i]] where GATHER, else labels[offset + i], i < n: labels of a data set's rows in the order of a batch, y [n]
// uses lib/step

override GATHER: bool = false;

struct Params { n: u32, offset: u32 }

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  var row = step_u32(params.offset) + i;
  if (GATHER) { row = index[row]; }
  y[i] = labels[row];
}
