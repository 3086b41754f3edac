// kl[s·B+i] = ½ Σl (z² − logVar − t²), t = (z − mean)·exp(−logVar/2): z [S·B,L] at row s·B+i, (mean, logVar) [B,2L] at row i

struct Params { B: u32, L: u32, S: u32 }

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(2) var<storage, read_write> kl: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (group.x + group.y * groups.x) * 64u + local;
  if (row >= params.S * params.B) { return; }
  let L = params.L;
  let at_mean = (row % params.B) * 2u * L;
  var sum = 0.0;
  for (var l = 0u; l < L; l++) {
    let value = z[row * L + l];
    let log_var = mean_log_var[at_mean + L + l];
    let t = (value - mean_log_var[at_mean + l]) * exp(-0.5 * log_var);
    sum += 0.5 * (value * value - log_var - t * t);
  }
  kl[row] = sum;
}
