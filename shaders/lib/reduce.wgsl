// y[o·parts + p] (+)= combine over r in chunk p of x[o, r], r counting the reduced elements; the including shader defines start(first), combine(p, q)
// uses lib/strided

struct Params {
  n: u32, parts: u32, chunk: u32, accumulate: u32,
  count: u32, kept: vec4u, kept_strides: vec4u, reduced: vec4u, reduced_strides: vec4u
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Invocations that share an output: 1, or all 64 of a workgroup.
override LANES: u32 = 1;

var<workgroup> lane_values: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = ((group.x + group.y * groups.x) * 64u + local) / LANES;
  let lane = local % LANES;
  var value = 0.0;
  if (i < params.n) { value = reduce_chunk(i, lane); }
  if (LANES == 64u) {
    for (var distance = 32u; distance > 0u; distance /= 2u) {
      lane_values[local] = value;
      workgroupBarrier();
      if (local < distance) { value = combine(value, lane_values[local + distance]); }
      workgroupBarrier();
    }
  }
  if (i >= params.n || lane != 0u) { return; }
  if (params.accumulate == 1u) { y[i] += value; } else { y[i] = value; }
}

fn reduce_chunk(i: u32, lane: u32) -> f32 {
  let base = strided(i / params.parts, params.kept, params.kept_strides);
  let begin = i % params.parts * params.chunk;
  let end = min(begin + params.chunk, params.count);
  var value = start(x[base + strided(begin, params.reduced, params.reduced_strides)]);
  for (var r = begin + lane; r < end; r += LANES) {
    value = combine(value, x[base + strided(r, params.reduced, params.reduced_strides)]);
  }
  return value;
}
