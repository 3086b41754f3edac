// dx[o, r] (+)= dy[o] / T[o] where x[o, r] = y[o], else 0, with T[o] the number of those r: equal maxima share it equally; NaN where y[o] is
// uses lib/strided, lib/math

struct Params {
  n: u32, accumulate: u32,
  count: u32, kept: vec4u, kept_strides: vec4u, reduced: vec4u, reduced_strides: vec4u
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Invocations that share an output: 1, or all 64 of a workgroup.
override LANES: u32 = 1;

var<workgroup> lane_ties: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let o = ((group.x + group.y * groups.x) * 64u + local) / LANES;
  let lane = local % LANES;
  let end = select(0u, params.count, o < params.n);
  let base = strided(o, params.kept, params.kept_strides);
  var ties = 0.0;
  for (var r = lane; r < end; r += LANES) {
    if (x[base + strided(r, params.reduced, params.reduced_strides)] == y[o]) { ties += 1.0; }
  }
  if (LANES == 64u) {
    for (var distance = 32u; distance > 0u; distance /= 2u) {
      lane_ties[local] = ties;
      workgroupBarrier();
      if (local < distance) { ties += lane_ties[local + distance]; }
      workgroupBarrier();
    }
    if (local == 0u) { lane_ties[0] = ties; }
    workgroupBarrier();
    ties = lane_ties[0];
  }
  for (var r = lane; r < end; r += LANES) {
    let at = base + strided(r, params.reduced, params.reduced_strides);
    let share = keep_nan(y[o], select(0.0, dy[o] / ties, x[at] == y[o]));
    if (params.accumulate == 1u) { dx[at] += share; } else { dx[at] = share; }
  }
}
