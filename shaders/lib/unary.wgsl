// main: y[i] = f(x[i]); grad: dx[i] (+)= dy[i]·df(x[i], y[i]), for i < n; the including shader defines f and df

struct Params { n: u32, a: f32, b: f32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

// x or y, whichever df needs: it looks at that one alone, so only that one is bound
@group(0) @binding(0) var<storage, read> kept: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] = f(x[i]); }
}

@compute @workgroup_size(256)
fn grad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = dy[i] * df(kept[i], kept[i]);
  if (params.accumulate == 1u) { dx[i] += g; } else { dx[i] = g; }
}
