// dlogVar[n] (+)= Σm r[m]·½·(1 − dmean[m,n]²·exp(logVar[n])): dmean [M,D], r [M] where ROWS else params.row, logVar [D]
// uses lib/sum_block, lib/step

struct Params { M: u32, D: u32, row: u32, accumulate: u32 }

override ROWS: bool = false;

@group(0) @binding(0) var<storage, read> dmean: array<f32>;
@group(0) @binding(1) var<storage, read> rows: array<f32>;
@group(0) @binding(2) var<storage, read> log_var: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let n = (group.x + group.y * groups.x) * 64u + local;
  if (n >= params.D) { return; }
  let deviation = exp(0.5 * log_var[n]);
  var sum = 0.0;
  for (var first = 0u; first < params.M; first += SUM_BLOCK) {
    var block = 0.0;
    for (var m = first; m < min(first + SUM_BLOCK, params.M); m++) {
      let t = dmean[m * params.D + n] * deviation;
      var r = 0.0;
      if (ROWS) { r = rows[m]; } else { r = step_f32(params.row); }
      block += r * 0.5 * (1.0 - t * t);
    }
    sum += block;
  }
  if (params.accumulate == 1u) { gradient[n] += sum; } else { gradient[n] = sum; }
}
