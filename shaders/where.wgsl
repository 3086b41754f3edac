// y[i] = condition[i] ≠ 0 ? a[i] : b[i], all three broadcast to shape (rank 4, padded with 1 on the left), n elements
// uses lib/strided

struct Params { shape: vec4u, condition_strides: vec4u, a_strides: vec4u, b_strides: vec4u, n: u32 }

@group(0) @binding(0) var<storage, read> condition: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let shape = params.shape;
  if (condition[strided(i, shape, params.condition_strides)] != 0u) {
    y[i] = a[strided(i, shape, params.a_strides)];
  } else {
    y[i] = b[strided(i, shape, params.b_strides)];
  }
}
