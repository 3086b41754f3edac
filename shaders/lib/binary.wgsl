// y[i] = f(a[i], b[i]), the operands broadcast to shape (rank 4, padded with 1 on the left); the including shader defines f

struct Params { shape: vec4u, a_strides: vec4u, b_strides: vec4u }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  let shape = params.shape;
  if (i >= shape.x * shape.y * shape.z * shape.w) { return; }
  let rows = i / shape.w;
  let planes = rows / shape.z;
  let at = vec4u(planes / shape.y, planes % shape.y, rows % shape.z, i % shape.w);
  y[i] = f(a[dot(at, params.a_strides)], b[dot(at, params.b_strides)]);
}
