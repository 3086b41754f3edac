// y[m, k] = 1 where uniform_of(bits_i) < x[m, k], else 0, i = (first + data_row(m))·D + k: x [B, D] in [0, 1], y [B, D], n = B·D
// uses lib/rows, lib/philox

struct Params { n: u32, columns: u32, k0: u32, k1: u32, offset: u32, scale: f32, shift: f32, first: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = (group.x + group.y * groups.x) * 256u + local;
  if (at >= params.n) { return; }
  let m = at / params.columns;
  let k = at % params.columns;
  let i = (params.first + data_row(m)) * params.columns + k;
  let bits = philox(vec4u(i / 4u, 0u, 0u, 0u), vec2u(step_u32(params.k0), step_u32(params.k1)))[i % 4u];
  y[at] = select(0.0, 1.0, uniform_of(bits) < load_x(data_row(m) * params.columns + k));
}
