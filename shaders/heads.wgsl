// (mean, logVar)[b] = h·W + b; z[s·B+b,l] = mean + exp(logVar/2)·noise; kl[b] = ½Σl mean² + expm1(logVar) − logVar: h [B,H], W [H,2L], noise [S·B,L]
// uses lib/rows, lib/philox, lib/math

struct Params { B: u32, H: u32, L: u32, S: u32, k0: u32, k1: u32, offset: u32, scale: f32, shift: f32 }

override KEYED: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> W: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> noise: array<f32>;
@group(0) @binding(5) var<storage, read_write> z: array<f32>;
@group(0) @binding(6) var<storage, read_write> kl: array<f32>;
@group(0) @binding(7) var<storage, read_write> mean_log_var: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> partial: array<f32, 64>;

fn noise_at(i: u32) -> f32 {
  if (KEYED) { return normal_at(i, vec2u(step_u32(params.k0), step_u32(params.k1))); }
  return noise[i];
}

// one workgroup per example, one latent per invocation
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let b = group.x + group.y * groups.x;
  let L = params.L;
  var sum = 0.0;
  if (b < params.B) {
    for (var l = local; l < L; l += 64u) {
      var mean = 0.0;
      var log_var = 0.0;
      for (var k = 0u; k < params.H; k++) {
        let h = load_x(b, k, params.H);
        mean += h * W[k * 2u * L + l];
        log_var += h * W[k * 2u * L + L + l];
      }
      mean += bias[l];
      log_var += bias[L + l];
      mean_log_var[b * 2u * L + l] = mean;
      mean_log_var[b * 2u * L + L + l] = log_var;
      sum += 0.5 * (mean * mean + expm1_minus(log_var));
      let deviation = exp(0.5 * log_var);
      for (var s = 0u; s < params.S; s++) {
        let i = (s * params.B + b) * L + l;
        z[i] = mean + deviation * noise_at(i);
      }
    }
  }
  partial[local] = sum;
  workgroupBarrier();
  if (local == 0u && b < params.B) {
    var total = 0.0;
    for (var i = 0u; i < min(L, 64u); i++) { total += partial[i]; }
    kl[b] = total;
  }
}
