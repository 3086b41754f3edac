// dz = c·(z − t/σ); dmean[i] = Σs c·t/σ; dlogVar[i] = Σs c·½·(t² − 1), t = (z − mean)/σ, σ = exp(logVar/2): c [S·B] the cotangent of sampled_kl, z [S·B,L], at row s·B+i

struct Params { B: u32, L: u32, S: u32, accumulate_z: u32, accumulate_mean_log_var: u32 }

override DZ: bool = false;
override DMEAN_LOG_VAR: bool = false;

@group(0) @binding(0) var<storage, read> z: array<f32>;
@group(0) @binding(1) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(2) var<storage, read> dkl: array<f32>;
@group(0) @binding(3) var<storage, read_write> dz: array<f32>;
@group(0) @binding(4) var<storage, read_write> dmean_log_var: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let j = (group.x + group.y * groups.x) * 64u + local;
  let L = params.L;
  if (j >= params.B * L) { return; }
  let i = j / L;
  let at_mean = i * 2u * L + j % L;
  let mean = mean_log_var[at_mean];
  let inverse = exp(-0.5 * mean_log_var[at_mean + L]);
  var d_mean = 0.0;
  var d_log_var = 0.0;
  for (var s = 0u; s < params.S; s++) {
    let row = s * params.B + i;
    let at = row * L + j % L;
    let t = (z[at] - mean) * inverse;
    if (DZ) {
      let gradient = dkl[row] * (z[at] - t * inverse);
      if (params.accumulate_z == 1u) { dz[at] += gradient; } else { dz[at] = gradient; }
    }
    d_mean += dkl[row] * t * inverse;
    d_log_var += dkl[row] * 0.5 * (t * t - 1.0);
  }
  if (DMEAN_LOG_VAR) {
    if (params.accumulate_mean_log_var == 1u) {
      dmean_log_var[at_mean] += d_mean;
      dmean_log_var[at_mean + L] += d_log_var;
    } else {
      dmean_log_var[at_mean] = d_mean;
      dmean_log_var[at_mean + L] = d_log_var;
    }
  }
}
