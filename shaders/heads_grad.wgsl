// d(mean)[b] = direct + Σs dz + r·mean; d(logVar)[b] = direct + Σs dz·½exp(logVar/2)·noise + r·½expm1(logVar): r the cotangent of kl[b]; [B,2L]
// uses lib/step, lib/philox, lib/math

struct Params { B: u32, L: u32, S: u32, k0: u32, k1: u32, row: u32 }

override KEYED: bool = false;
override DZ: bool = false;
override DIRECT: bool = false;
override ROWS: bool = false;

@group(0) @binding(0) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> direct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn noise_at(i: u32) -> f32 {
  if (KEYED) { return normal_at(i, vec2u(step_u32(params.k0), step_u32(params.k1))); }
  return noise[i];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let id = (group.x + group.y * groups.x) * 64u + local;
  let L = params.L;
  if (id >= params.B * L) { return; }
  let b = id / L;
  let l = id % L;
  let at_mean = b * 2u * L + l;
  let at_log_var = at_mean + L;
  let mean = mean_log_var[at_mean];
  let log_var = mean_log_var[at_log_var];
  var r = 0.0;
  if (ROWS) { r = rows[b]; } else { r = step_f32(params.row); }
  var d_mean = r * mean;
  var d_log_var = r * 0.5 * expm1(log_var);
  if (DZ) {
    let half_deviation = 0.5 * exp(0.5 * log_var);
    for (var s = 0u; s < params.S; s++) {
      let i = (s * params.B + b) * L + l;
      d_mean += dz[i];
      d_log_var += dz[i] * half_deviation * noise_at(i);
    }
  }
  if (DIRECT) {
    d_mean += direct[at_mean];
    d_log_var += direct[at_log_var];
  }
  gradient[at_mean] = d_mean;
  gradient[at_log_var] = d_log_var;
}
