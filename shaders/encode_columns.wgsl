// y[m, …] = of column j, where it is seen, a number's (clamp(x, ±10), 1) and of a cycle (sin, cos) 2π(x·turns + phase), of a level one-hot, or signs; else 0: x [B,D], y [B,E]
// uses lib/table_cells

struct Params {
  B: u32, D: u32, E: u32,
  offset: u32, scale: f32, shift: f32, jitter0: u32, jitter1: u32, hide0: u32, hide1: u32, most: f32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> columns: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const FURTHEST = 10.0;
const SIGNS = 32u;
const TWO_PI = 6.283185307179586;

fn code_of(level: u32) -> u32 {
  var h = (level + 1u) * 0x9e3779b1u;
  h = (h ^ (h >> 16u)) * 0x85ebca6bu;
  h = (h ^ (h >> 13u)) * 0xc2b2ae35u;
  return h ^ (h >> 16u);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i >= params.B * params.D) { return; }
  let m = i / params.D;
  let j = i % params.D;
  let at = m * params.E + word_of(j, 3u);
  let seen = is_seen(m, j);
  let kind = word_of(j, 0u);
  var value = 0.0;
  if (seen) { value = cell(m, j); }
  if (kind == CATEGORY) {
    for (var k = 0u; k < word_of(j, 2u); k++) { y[at + k] = select(0.0, 1.0, seen && u32(value) == k); }
  } else if (kind == CODED) {
    let code = code_of(u32(value));
    for (var k = 0u; k < SIGNS; k++) { y[at + k] = select(0.0, select(-1.0, 1.0, ((code >> k) & 1u) == 1u), seen); }
  } else {
    y[at] = clamp(value, -FURTHEST, FURTHEST);
    y[at + 1u] = select(0.0, 1.0, seen);
    if (kind == CYCLIC) {
      let angle = TWO_PI * fract(value * number_of(j, 6u) + number_of(j, 7u));
      y[at + 2u] = select(0.0, sin(angle), seen);
      y[at + 3u] = select(0.0, cos(angle), seen);
    }
  }
}
