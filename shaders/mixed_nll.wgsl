// nll[m] = −Σj log p(x[m % B, j]; s[m, …]) over the columns seen, and where KEEP ds = ∂nll/∂s: x [B,D], s, ds [M,O]; a number's p is 0.99 Σc wc·N(x; μc, σc) + 0.01 N(x; 0, 4), a level's a soft-max
// uses lib/table_cells, lib/math

struct Params {
  M: u32, B: u32, D: u32, O: u32,
  offset: u32, scale: f32, shift: f32, jitter0: u32, jitter1: u32, hide0: u32, hide1: u32, most: f32,
}

override KEEP: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> s: array<f32>;
@group(0) @binding(3) var<storage, read> columns: array<u32>;
@group(0) @binding(4) var<storage, read_write> nll: array<f32>;
@group(0) @binding(5) var<storage, read_write> ds: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const LANES = 8u;
const ROWS = 8u;
const LOG_ROOT_2PI = 0.9189385332046727;
const LOG_MOST = -0.010050335853501441;
const LOG_SHARE = -4.605170185988091;
const WIDE = 4.0;
const LOG_WIDE = 1.3862943611198906;

var<workgroup> partial: array<f32, 64>;

fn log_sum_of(at: u32, count: u32) -> f32 {
  var most = s[at];
  for (var k = 1u; k < count; k++) { most = max(most, s[at + k]); }
  var sum = 0.0;
  for (var k = 0u; k < count; k++) { sum += exp(s[at + k] - most); }
  return most + log(sum);
}

fn level_nll(at: u32, count: u32, level: u32) -> f32 {
  let log_sum = log_sum_of(at, count);
  if (KEEP) { for (var k = 0u; k < count; k++) { ds[at + k] = exp(s[at + k] - log_sum) - select(0.0, 1.0, k == level); } }
  return log_sum - s[at + level];
}

// Where a value stands for the interval of a step: the points of Gauss and Legendre in it, else the value itself.
fn point(value: f32, step: f32, q: u32) -> f32 { return value + (f32(q) - 1.0) * 0.3872983346207417 * step; }

fn log_weight(q: u32, points: u32) -> f32 {
  if (points == 1u) { return 0.0; }
  return select(-1.2809338454620642, -0.8109302162163288, q == 1u);
}

struct Component { log_weight: f32, mean: f32, deviation: f32, raw: f32 }

fn component(at: u32, C: u32, c: u32, floor: f32, log_sum: f32) -> Component {
  if (C == 1u) { return Component(0.0, s[at], floor + log1p_exp(s[at + 1u]), s[at + 1u]); }
  let raw = s[at + 2u * C + c];
  return Component(s[at + c] - log_sum, s[at + C + c], floor + log1p_exp(raw), raw);
}

fn log_normal(value: f32, mean: f32, deviation: f32) -> f32 {
  let t = (value - mean) / deviation;
  return -0.5 * t * t - log(deviation) - LOG_ROOT_2PI;
}

fn log_wide(value: f32) -> f32 { return LOG_SHARE - 0.5 * (value / WIDE) * (value / WIDE) - LOG_WIDE - LOG_ROOT_2PI; }

fn number_nll(at: u32, C: u32, value: f32, step: f32, floor: f32) -> f32 {
  let points = select(1u, 3u, !JITTER && step > 0.0);
  let first = select(1u, 0u, points == 3u);
  var log_sum = 0.0;
  if (C > 1u) { log_sum = log_sum_of(at, C); }
  var most = -3.0e38;
  for (var q = first; q < first + points; q++) {
    let v = point(value, step, q);
    most = max(most, log_weight(q, points) + log_wide(v));
    for (var c = 0u; c < C; c++) {
      let k = component(at, C, c, floor, log_sum);
      most = max(most, log_weight(q, points) + LOG_MOST + k.log_weight + log_normal(v, k.mean, k.deviation));
    }
  }
  var sum = 0.0;
  for (var q = first; q < first + points; q++) {
    let v = point(value, step, q);
    sum += exp(log_weight(q, points) + log_wide(v) - most);
    for (var c = 0u; c < C; c++) {
      let k = component(at, C, c, floor, log_sum);
      sum += exp(log_weight(q, points) + LOG_MOST + k.log_weight + log_normal(v, k.mean, k.deviation) - most);
    }
  }
  let log_p = most + log(sum);
  if (!KEEP) { return -log_p; }
  var all = 0.0;
  for (var c = 0u; c < C; c++) {
    let k = component(at, C, c, floor, log_sum);
    var share = 0.0;
    var by_mean = 0.0;
    var by_deviation = 0.0;
    for (var q = first; q < first + points; q++) {
      let v = point(value, step, q);
      let t = (v - k.mean) / k.deviation;
      let r = exp(log_weight(q, points) + LOG_MOST + k.log_weight + log_normal(v, k.mean, k.deviation) - log_p);
      share += r;
      by_mean += r * t;
      by_deviation += r * (t * t - 1.0);
    }
    all += share;
    let means = at + select(0u, C, C > 1u);
    ds[means + c] = -by_mean / k.deviation;
    ds[means + C + c] = -by_deviation / k.deviation * logistic(k.raw);
    if (C > 1u) { ds[at + c] = -share; }
  }
  if (C > 1u) { for (var c = 0u; c < C; c++) { ds[at + c] += all * exp(s[at + c] - log_sum); } }
  return -log_p;
}

fn column_nll(m: u32, j: u32) -> f32 {
  let i = m % params.B;
  let at = m * params.O + word_of(j, 1u);
  let count = word_of(j, 2u);
  if (is_seen(i, j)) {
    if (is_category(j)) { return level_nll(at, count, u32(cell(i, j))); }
    return number_nll(at, count, cell(i, j), number_of(j, 4u), number_of(j, 5u));
  }
  if (KEEP) {
    let outputs = select(select(3u * count, 2u, count == 1u), count, is_category(j));
    for (var k = 0u; k < outputs; k++) { ds[at + k] = 0.0; }
  }
  return 0.0;
}

// Eight rows a workgroup, eight invocations a row, each with every eighth column; the sums are added in order.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let m = (group.x + group.y * groups.x) * ROWS + local / LANES;
  var sum = 0.0;
  if (m < params.M) { for (var j = local % LANES; j < params.D; j += LANES) { sum += column_nll(m, j); } }
  partial[local] = sum;
  workgroupBarrier();
  if (m >= params.M || local % LANES != 0u) { return; }
  for (var lane = 1u; lane < LANES; lane++) { sum += partial[local + lane]; }
  nll[m] = sum;
}
