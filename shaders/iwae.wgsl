// negBound[i] = −log((1/S)·Σs w[s·B+i]), w = exp(−nll − kl); weights[s·B+i] = w[s·B+i]/(Σs w[s·B+i]): nll, kl [S·B]; negBound [B], weights [S·B]
// uses lib/math

struct Params { B: u32, S: u32, log_samples: f32 }

@group(0) @binding(0) var<storage, read> nll: array<f32>;
@group(0) @binding(1) var<storage, read> kl: array<f32>;
@group(0) @binding(2) var<storage, read_write> neg_bound: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// log 2^-63: a smaller weight is lost in the rounding of the sum, and as a factor it would make products of slow, denormal numbers.
const NEGLIGIBLE = -43.668274;

// The largest weight is taken out of the sum: it is exp(0) = 1 without asking exp, so that one sample has weight 1 and its own loss to the bit.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i >= params.B) { return; }
  let rows = params.S * params.B;
  var best = i;
  for (var row = i; row < rows; row += params.B) {
    if (nll[row] + kl[row] < nll[best] + kl[best]) { best = row; }
  }
  let least = nll[best] + kl[best];
  var rest = 0.0;
  for (var row = i; row < rows; row += params.B) {
    if (row != best) {
      let difference = least - (nll[row] + kl[row]);
      let weight = keep_nan(difference, select(exp(difference), 0.0, difference < NEGLIGIBLE));
      weights[row] = weight;
      rest += weight;
    }
  }
  for (var row = i; row < rows; row += params.B) {
    if (row != best) { weights[row] /= 1.0 + rest; }
  }
  weights[best] = 1.0 / (1.0 + rest);
  neg_bound[i] = least - log1p(rest) + params.log_samples;
}
