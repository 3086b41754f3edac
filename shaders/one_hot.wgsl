// y[i, j] = 1 where j = labels[i], else 0; labels [B], y [B, C]

struct Params { rows: u32, classes: u32 }

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.rows * params.classes) { y[i] = select(0u, 1u, i % params.classes == labels[i / params.classes]); }
}
