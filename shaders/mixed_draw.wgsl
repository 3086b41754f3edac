// x[m, j] = a draw of p(x_j; s[m, …]): of a number one of its normals and then a number from it, of a level one by its probability; with MEAN the mean, and the likeliest level: s [M,O], x [M,D]
// uses lib/philox, lib/step, lib/math

struct Params { M: u32, D: u32, O: u32, k0: u32, k1: u32, first: u32 }

override MEAN: bool = false;

@group(0) @binding(0) var<storage, read> s: array<f32>;
@group(0) @binding(1) var<storage, read> columns: array<u32>;
@group(0) @binding(2) var<storage, read_write> x: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const CATEGORY = 1u;
const CODED = 2u;

// The first of some soft-max probabilities, of logits from `at`, up to which they add up to more than u; the last if none.
fn pick(at: u32, count: u32, u: f32) -> u32 {
  var most = s[at];
  for (var k = 1u; k < count; k++) { most = max(most, s[at + k]); }
  var sum = 0.0;
  for (var k = 0u; k < count; k++) { sum += exp(s[at + k] - most); }
  var below = 0.0;
  for (var k = 0u; k < count; k++) {
    below += exp(s[at + k] - most);
    if (u * sum < below) { return k; }
  }
  return count - 1u;
}

fn likeliest(at: u32, count: u32) -> u32 {
  var best = 0u;
  for (var k = 1u; k < count; k++) { if (s[at + k] > s[at + best]) { best = k; } }
  return best;
}

fn mean_of(at: u32, C: u32) -> f32 {
  if (C == 1u) { return s[at]; }
  let most = s[at + likeliest(at, C)];
  var sum = 0.0;
  var mean = 0.0;
  for (var c = 0u; c < C; c++) {
    let w = exp(s[at + c] - most);
    sum += w;
    mean += w * s[at + C + c];
  }
  return mean / sum;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i >= params.M * params.D) { return; }
  let m = i / params.D;
  let j = i % params.D;
  let kind = columns[8u * j];
  let at = m * params.O + columns[8u * j + 1u];
  let count = columns[8u * j + 2u];
  let is_category = kind == CATEGORY || kind == CODED;
  if (MEAN) {
    if (is_category) { x[i] = f32(likeliest(at, count)); } else { x[i] = mean_of(at, count); }
    return;
  }
  let bits = philox(vec4u(params.first * params.D + i, 0u, 0u, 0u), vec2u(step_u32(params.k0), step_u32(params.k1)));
  if (is_category) {
    x[i] = f32(pick(at, count, uniform_of(bits.x)));
    return;
  }
  let means = at + select(0u, count, count > 1u);
  var c = 0u;
  if (count > 1u) { c = pick(at, count, uniform_of(bits.x)); }
  let deviation = bitcast<f32>(columns[8u * j + 5u]) + log1p_exp(s[means + count + c]);
  x[i] = s[means + c] + deviation * normal_of(bits.y);
}
