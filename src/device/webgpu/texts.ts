// Generated from shaders/ by scripts/shaders.mjs; do not edit.
export const texts: Readonly<Record<string, string>> = {
  "lib/binary": `

struct Params { shape: vec4u, a_strides: vec4u, b_strides: vec4u }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  let shape = params.shape;
  if (i >= shape.x * shape.y * shape.z * shape.w) { return; }
  let rows = i / shape.w;
  let planes = rows / shape.z;
  let at = vec4u(planes / shape.y, planes % shape.y, rows % shape.z, i % shape.w);
  y[i] = f(a[dot(at, params.a_strides)], b[dot(at, params.b_strides)]);
}
`,
  "lib/step": `

@group(1) @binding(1) var<uniform> step_row: array<vec4u, 16>;

fn step_u32(i: u32) -> u32 { return step_row[i / 4u][i % 4u]; }
fn step_f32(i: u32) -> f32 { return bitcast<f32>(step_u32(i)); }
`,
  "lib/straddle": `


fn straddle(low: vec4f, high: vec4f, by: u32) -> vec4f {
  let up_to_one = select(low, vec4f(low.yzw, high.x), by == 1u);
  let from_two = select(vec4f(low.zw, high.xy), vec4f(low.w, high.xyz), by == 3u);
  return select(up_to_one, from_two, by >= 2u);
}
`,
  "lib/cotangent": `


override ROWS: bool = false;

fn ds(m: u32, n: u32) -> f32 {
  let i = m * params.N + n;
  let s = saved[i / 4u][i % 4u];
  return dy[i / 4u][i % 4u] * df(s, s) * row_cotangent(m);
}


fn ds4(m: u32, n: u32) -> vec4f {
  let i = m * params.N + n;
  var d = dy[i / 4u];
  var s = saved[i / 4u];
  if (params.N % 4u != 0u) {
    d = straddle(d, dy[i / 4u + 1u], i % 4u);
    s = straddle(s, saved[i / 4u + 1u], i % 4u);
  }
  return d * vec4f(df(s.x, s.x), df(s.y, s.y), df(s.z, s.z), df(s.w, s.w)) * row_cotangent(m);
}

fn row_cotangent(m: u32) -> f32 {
  if (ROWS) { return rows[m]; }
  return 1.0;
}

fn factor() -> f32 {
  if (ROWS) { return 1.0; }
  return step_f32(params.row);
}
`,
  "lib/ds4": `

fn ds4(m: u32, n: u32) -> vec4f {
  let last = params.N - 1u;
  return vec4f(ds(m, min(n, last)), ds(m, min(n + 1u, last)), ds(m, min(n + 2u, last)), ds(m, min(n + 3u, last)));
}
`,
  "lib/elbo_sums": `




const BLOCK = 64u;

fn write_sums(local: u32) {
  if (local > 0u) { return; }
  var sum_nll = 0.0;
  for (var i = 0u; i < params.M; i += BLOCK) {
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.M); j++) { block += nll[j]; }
    sum_nll += block;
  }
  var sum_kl = 0.0;
  for (var i = 0u; i < params.B; i += BLOCK) {
    var block = 0.0;
    for (var j = i; j < min(i + BLOCK, params.B); j++) { block += kl[j]; }
    sum_kl += block;
  }
  let at = 3u * step_u32(params.slot);
  sums[at] = objective_of(sum_nll, sum_kl);
  sums[at + 1u] = sum_nll;
  sums[at + 2u] = sum_kl;
}
`,
  "lib/gemm_registers": `

const THREADS = 32u;
const SLOTS = 256u;
const HEIGHT = 8u;

fn tile_size() -> vec2u { return vec2u(HEIGHT, 4u * THREADS); }

fn tile(corner: vec2u, local: u32) {
  let size = gemm_size();
  let m = corner.x;
  let n = corner.y + 4u * local;
  if (n >= size.y) { return; }
  var a: array<u32, HEIGHT>;
  for (var i = 0u; i < HEIGHT; i++) { a[i] = row_of_a(m + i); }
  var c: array<vec4f, HEIGHT>;
  for (var k = 0u; k < size.z; k++) {
    let b = load_b4(k, n);
    let at = column_of_a(k);
    for (var i = 0u; i < HEIGHT; i++) { c[i] += load_a(a[i], at) * b; }
  }

  var rows = c;
  for (var i = 0u; i < min(HEIGHT, size.x - m); i++) { store_row(m + i, n, rows[i]); }
}
`,
  "lib/store_row": `

fn store_row(m: u32, n: u32, row: vec4f) {
  let N = gemm_size().y;
  store(m, n, row.x);
  if (n + 1u < N) { store(m, n + 1u, row.y); }
  if (n + 2u < N) { store(m, n + 2u, row.z); }
  if (n + 3u < N) { store(m, n + 3u, row.w); }
}
`,
  "lib/gemm": `










@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let corner = tile_corner(group.x + group.y * groups.x);
  if (corner.x >= gemm_size().x) { return; }
  tile(corner, local);
}

fn tiled() -> vec2u { return gemm_size().xy; }

fn tile_corner(i: u32) -> vec2u {
  let across = (gemm_size().y + tile_size().y - 1u) / tile_size().y;
  return vec2u(i / across, i % across) * tile_size();
}
`,
  "lib/gemm_pair": `





@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x + group.y * groups.x;
  let tiles = (tiled() + tile_size() - 1u) / tile_size();
  let tiles2 = (tiled2() + tile_size2() - 1u) / tile_size2();
  if (i < tiles.x * tiles.y) {
    tile(vec2u(i / tiles.y, i % tiles.y) * tile_size(), local);
  } else if (i < tiles.x * tiles.y + tiles2.x * tiles2.y) {
    let j = i - tiles.x * tiles.y;
    tile2(vec2u(j / tiles2.y, j % tiles2.y) * tile_size2(), local);
  }
}

fn tiled() -> vec2u { return gemm_size().xy; }

fn tiled2() -> vec2u { return gemm_size2().xy; }
`,
  "lib/gemm_quad": `

enable subgroups;

const THREADS = 8u;
const SLOTS = 128u;
const HEIGHT = 16u;

fn tile_size() -> vec2u { return vec2u(HEIGHT, 4u * THREADS); }


fn masked_b4(k: u32, n: u32, K: u32) -> vec4f {
  return select(vec4f(), load_b4(min(k, K - 1u), n), k < K);
}


fn place_in_quad(local: u32) -> u32 {
  let quad = vec4u(quadBroadcast(local, 0u), quadBroadcast(local, 1u), quadBroadcast(local, 2u), quadBroadcast(local, 3u));
  return dot(select(vec4u(), vec4u(0u, 1u, 2u, 3u), quad == vec4u(local)), vec4u(1u));
}

fn tile(corner: vec2u, local: u32) {
  let size = gemm_size();
  let m = corner.x;
  let n = corner.y + 4u * local;
  let own = place_in_quad(local);
  let K = size.z;
  var a: array<u32, HEIGHT>;
  for (var i = 0u; i < HEIGHT; i++) { a[i] = row_of_a(m + i); }
  var c: array<vec4f, HEIGHT>;
  for (var k = 0u; k < K; k += 4u) {
    let b0 = masked_b4(k, n, K);
    let b1 = masked_b4(k + 1u, n, K);
    let b2 = masked_b4(k + 2u, n, K);
    let b3 = masked_b4(k + 3u, n, K);
    let at = column_of_a(min(k + own, K - 1u));
    for (var i = 0u; i < HEIGHT; i++) {
      let shared_a = select(0.0, load_a(a[i], at), k + own < K);
      c[i] += quadBroadcast(shared_a, 0u) * b0 + quadBroadcast(shared_a, 1u) * b1 + quadBroadcast(shared_a, 2u) * b2 + quadBroadcast(shared_a, 3u) * b3;
    }
  }
  if (n >= size.y) { return; }

  var rows = c;
  for (var i = 0u; i < min(HEIGHT, size.x - m); i++) { store_row(m + i, n, rows[i]); }
}
`,
  "lib/gemm_rows": `





var<workgroup> partial: array<f32, SLOTS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let size = gemm_size();
  let first = (group.x + group.y * groups.x) * tile_size().x;
  if (first >= size.x) { return; }
  for (var n = 0u; n < size.y; n += tile_size().y) { tile(vec2u(first, n), local); }
  storageBarrier();
  after_band(first, local);
  workgroupBarrier();
  for (var m = first + local; m < min(first + tile_size().x, size.x); m += THREADS) {
    var sum = 0.0;
    for (var i = 0u; i < slots(); i++) { sum += partial[slot(m, 4u * i)]; }
    store_sum(m, sum);
  }
}

fn tiled() -> vec2u { return vec2u(gemm_size().x, 1u); }


fn slots() -> u32 { return tile_size().y / 4u; }

fn slot(m: u32, n: u32) -> u32 { return m % tile_size().x * slots() + n / 4u % slots(); }
`,
  "lib/gemm_workgroup": `

const THREADS = 256u;
const SLOTS = 1024u;
const ENOUGH_TILES = 64u;

var<workgroup> slab_a: array<vec4f, THREADS>;
var<workgroup> slab_b: array<vec4f, THREADS>;

fn tile_size() -> vec2u {
  let tiles = (tiled() + 63u) / 64u;
  return vec2u(select(32u, 64u, tiles.x * tiles.y >= ENOUGH_TILES));
}



fn tile(corner: vec2u, local: u32) {
  let size = gemm_size();
  let side = tile_size().x / 4u;
  let slices = THREADS / (side * side);
  let slice = local / (side * side);
  let row = local / side % side;
  let column = local % side;
  let m = corner.x + 4u * row;
  let n = corner.y + 4u * column;
  let first = slice * side * side;
  var c: array<vec4f, 4>;
  for (var k = 0u; k < size.z; k += side * slices) {
    workgroupBarrier();
    load_slabs(corner, k + slice * side, side, row, column, local);
    workgroupBarrier();
    for (var i = 0u; i < side; i++) {
      let a = slab_a[first + i * side + row];
      let b = slab_b[first + i * side + column];
      for (var j = 0u; j < 4u; j++) { c[j] += a[j] * b; }
    }
  }
  if (slices == 1u) {
    for (var j = 0u; j < 4u; j++) { finish(m + j, n, c[j]); }
    return;
  }

  for (var j = 0u; j < 4u; j++) {
    workgroupBarrier();
    slab_a[local] = c[j];
    workgroupBarrier();
    let at = local % (side * side);
    if (slice == j) { finish(m + j, n, slab_a[at] + slab_a[at + 64u] + slab_a[at + 128u] + slab_a[at + 192u]); }
  }
}


fn load_slabs(corner: vec2u, k: u32, side: u32, row: u32, column: u32, local: u32) {
  let K = gemm_size().z;
  var a = vec4f();
  var b = vec4f();
  let m = corner.x + 4u * row;
  let n = corner.y + 4u * column;
  if (k + column < K) { a = load_a4(m, k + column); }
  if (k + row < K) { b = load_b4(k + row, n); }
  slab_a[local - row * side - column + column * side + row] = a;
  slab_b[local] = b;
}

fn load_a4(m: u32, k: u32) -> vec4f {
  let at = column_of_a(k);
  return vec4f(load_a(row_of_a(m), at), load_a(row_of_a(m + 1u), at), load_a(row_of_a(m + 2u), at), load_a(row_of_a(m + 3u), at));
}

fn finish(m: u32, n: u32, row: vec4f) {
  let size = gemm_size();
  if (m < size.x && n < size.y) { store_row(m, n, row); }
}
`,
  "lib/load_b4": `

fn load_b4(k: u32, n: u32) -> vec4f { return vec4f(load_b(k, n), load_b(k, n + 1u), load_b(k, n + 2u), load_b(k, n + 3u)); }
`,
  "lib/grad_input": `


fn gemm_size() -> vec3u { return vec3u(params.M, params.K, params.N); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u); }

fn column_of_a(n: u32) -> u32 { return n; }

fn load_a(m: u32, n: u32) -> f32 { return ds(m, n); }

fn load_b(n: u32, k: u32) -> f32 { return W[min(k, params.K - 1u) * params.N + n]; }

fn store(m: u32, k: u32, value: f32) {
  let i = m * params.K + k;
  if (params.accumulate == 1u) { dx[i] += value * factor(); } else { dx[i] = value * factor(); }
}
`,
  "lib/grad_weight": `


fn gemm_size() -> vec3u { return vec3u(params.K + 1u, params.N, params.M); }

fn row_of_a(k: u32) -> u32 { return k; }


fn column_of_a(m: u32) -> u32 { return data_row(m) * params.K; }

fn load_a(k: u32, row: u32) -> f32 { return select(1.0, load_x(row + min(k, params.K - 1u)), k < params.K); }

fn load_b4(m: u32, n: u32) -> vec4f { return ds4(m, n); }


fn store(k: u32, n: u32, sum: f32) {
  let value = sum * factor();
  if (k < params.K) {
    let i = k * params.N + n;
    if (params.weight_mode == 0u) { dW[i] = value; } else if (params.weight_mode == 1u) { dW[i] += value; }
  } else {
    if (params.bias_mode == 0u) { db[n] = value; } else if (params.bias_mode == 1u) { db[n] += value; }
  }
}
`,
  "lib/math": `


fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn nan() -> f32 { var bits = 0x7fc00000u; return bitcast<f32>(bits); }


fn keep_nan(x: f32, y: f32) -> f32 { return select(y, x, is_nan(x)); }

fn infinity() -> f32 { var bits = 0x7f800000u; return bitcast<f32>(bits); }


fn ln(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if ((bits & 0x7fffffffu) == 0u) { return -infinity(); }
  if (bits < 0x00800000u) { return log(f32(bits)) - 103.27893; }
  return select(keep_nan(x, log(x)), nan(), bits > 0x80000000u);
}


fn log1p(x: f32) -> f32 {
  if (is_nan(x) || x < -0.5 || x > 1.0) { return ln(1.0 + x); }
  let s = x / (2.0 + x);
  let z = s * s;
  let r = z * (0.66666669 + z * (0.40000010 + z * (0.28570297 + z * (0.22264951 + z * (0.17462222 + z * 0.20796578)))));
  let half_square = 0.5 * x * x;
  return x - (half_square - s * (half_square + r));
}


fn expm1_tail(x: f32) -> f32 {
  let high = 1.3888859e-3 + x * (1.9837049e-4 + x * (2.4804369e-5 + x * (2.8123002e-6 + x * 2.7712525e-7)));
  return 0.5 + x * (0.16666667 + x * (0.041666668 + x * (8.3333449e-3 + x * high)));
}


fn expm1(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return x + x * x * expm1_tail(x); }
  return keep_nan(x, exp(x) - 1.0);
}


fn expm1_minus(x: f32) -> f32 {
  if (abs(x) <= 1.0) { return x * x * expm1_tail(x); }
  return keep_nan(x, exp(x) - 1.0 - x);
}


fn logistic(x: f32) -> f32 {
  let e = exp(-abs(x));
  return keep_nan(x, select(e, 1.0, x >= 0.0) / (1.0 + e));
}


fn log1p_exp(x: f32) -> f32 { return keep_nan(x, max(x, 0.0) + log1p(exp(-abs(x)))); }


fn normal_cdf(x: f32) -> f32 {
  let u = abs(x);
  let t = 1.0 / (1.0 + 0.3 * u);
  let high = 0.096157439 + t * (-0.079424642 + t * (0.19178593 + t * (-0.22821465 + t * (0.11243606 - t * 0.020623552))));
  let q = 0.11968669 + t * (0.11957181 + t * (0.11023547 + t * (0.078389443 + t * high)));
  let tail = exp(-0.5 * u * u) * t * q;
  return keep_nan(x, select(1.0 - tail, tail, x < 0.0));
}


fn normal_pdf(x: f32) -> f32 { return 0.39894228 * exp(-0.5 * x * x); }


fn sinh_tail(z: f32) -> f32 {
  return 1.0 + z / 20.0 * (1.0 + z / 42.0 * (1.0 + z / 72.0 * (1.0 + z / 110.0 * (1.0 + z / 156.0))));
}


fn cosech_defect(x: f32) -> f32 {
  let u = abs(x);
  if (u <= 2.0) {
    let q = sinh_tail(x * x);
    return x / 6.0 * q / (1.0 + x * x / 6.0 * q);
  }
  let g = 1.0 / u - 2.0 / (exp(u) - exp(-u));
  return keep_nan(x, select(g, -g, x < 0.0));
}
`,
  "lib/heads_cotangent": `




override DZ: bool = false;

fn heads_cotangent(b: u32, j: u32) -> f32 {
  let L = params.L;
  let at = b * 2u * L + j;
  let value = mean_log_var[at];
  let is_mean = j < L;
  var sum = row_factor(b) * select(0.5 * expm1(value), value, is_mean) + direct_at(at);
  if (DZ) {
    let mean = mean_log_var[b * 2u * L + j % L];
    for (var s = 0u; s < params.S; s++) {
      let i = (s * params.B + b) * L + j % L;
      if (is_mean) { sum += dz[i]; } else { sum += dz[i] * half_drawn(i, mean, value); }
    }
  }
  return sum;
}
`,
  "lib/identity": `

fn f(x: f32) -> f32 { return x; }
fn df(x: f32, y: f32) -> f32 { return 1.0; }
`,
  "lib/norm": `

var<workgroup> lanes: array<f32, 256>;


fn norm(begin: u32, end: u32, local: u32) -> f32 {
  var largest = 0.0;
  for (var i = begin + local; i < end; i += 256u) { largest = max(largest, abs(x[i])); }
  lanes[local] = largest;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { lanes[local] = max(lanes[local], lanes[local + half]); }
  }
  workgroupBarrier();
  let scale = select(lanes[0], 1.0, lanes[0] == 0.0);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = begin + local; i < end; i += 256u) { sum += (x[i] / scale) * (x[i] / scale); }
  lanes[local] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { lanes[local] += lanes[local + half]; }
  }
  workgroupBarrier();
  return scale * sqrt(lanes[0]);
}
`,
  "lib/philox": `


fn multiply_wide(a: u32, b: u32) -> vec2u {
  let a0 = a & 0xffffu;
  let a1 = a >> 16u;
  let b0 = b & 0xffffu;
  let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let cross = a0 * b1 + (middle & 0xffffu);
  return vec2u(a * b, a1 * b1 + (middle >> 16u) + (cross >> 16u));
}

fn philox(counter: vec4u, key: vec2u) -> vec4u {
  var c = counter;
  var k = key;
  for (var round = 0u; round < 10u; round++) {
    let p = multiply_wide(0xd2511f53u, c.x);
    let q = multiply_wide(0xcd9e8d57u, c.z);
    c = vec4u(q.y ^ c.y ^ k.x, q.x, p.y ^ c.w ^ k.y, p.x);
    k += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}

fn uniform_of(bits: u32) -> f32 { return f32(bits >> 9u) * 0x1p-23f + 0x1p-24f; }

fn normal_of(bits: u32) -> f32 {
  let x = 2.0 * uniform_of(bits) - 1.0;
  var w = -log((1.0 - x) * (1.0 + x));
  var p: f32;
  if (w < 5.0) {
    w -= 2.5;
    p = 2.81022636e-8;
    p = 3.43273939e-7 + p * w;
    p = -3.5233877e-6 + p * w;
    p = -4.39150654e-6 + p * w;
    p = 0.00021858087 + p * w;
    p = -0.00125372503 + p * w;
    p = -0.00417768164 + p * w;
    p = 0.246640727 + p * w;
    p = 1.50140941 + p * w;
  } else {
    w = sqrt(w) - 3.0;
    p = -0.000200214257;
    p = 0.000100950558 + p * w;
    p = 0.00134934322 + p * w;
    p = -0.00367342844 + p * w;
    p = 0.00573950773 + p * w;
    p = -0.0076224613 + p * w;
    p = 0.00943887047 + p * w;
    p = 1.00167406 + p * w;
    p = 2.83297682 + p * w;
  }
  return 1.41421356 * p * x;
}


fn normal_at(i: u32, key: vec2u) -> f32 { return normal_of(philox(vec4u(i / 4u, 0u, 0u, 0u), key)[i % 4u]); }
`,
  "lib/pow": `



fn whole_power(a: f32, b: f32) -> f32 {
  var y = 1.0;
  for (var k = 0u; k < u32(abs(b)); k++) { y *= a; }
  return select(y, 1.0 / y, b < 0.0);
}

fn power(a: f32, b: f32) -> f32 {
  let whole = b == floor(b);
  if (whole && abs(b) <= 16.0) { return whole_power(a, b); }
  if (a == 0.0) { return select(1.0 / abs(a), 0.0, b > 0.0); }
  let y = pow(abs(a), b);
  let odd = abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  if (a < 0.0) { return select(nan(), select(y, -y, odd), whole); }
  return keep_nan(a, keep_nan(b, y));
}
`,
  "lib/random": `


struct Params { n: u32, k0: u32, k1: u32 }

@group(0) @binding(0) var<storage, read_write> y: array<Value>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = (group.x + group.y * groups.x) * 256u + local;
  let i = 4u * block;
  if (i >= params.n) { return; }
  let bits = philox(vec4u(block, 0u, 0u, 0u), vec2u(step_u32(params.k0), step_u32(params.k1)));
  y[i] = value_of(bits.x);
  if (i + 1u < params.n) { y[i + 1u] = value_of(bits.y); }
  if (i + 2u < params.n) { y[i + 2u] = value_of(bits.z); }
  if (i + 3u < params.n) { y[i + 3u] = value_of(bits.w); }
}
`,
  "lib/strided": `

fn strided(i: u32, shape: vec4u, strides: vec4u) -> u32 {
  let rows = i / shape.w;
  let planes = rows / shape.z;
  return dot(vec4u(planes / shape.y, planes % shape.y, rows % shape.z, i % shape.w), strides);
}
`,
  "lib/reduce": `


struct Params {
  n: u32, parts: u32, chunk: u32, accumulate: u32,
  count: u32, kept: vec4u, kept_strides: vec4u, reduced: vec4u, reduced_strides: vec4u
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


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
`,
  "lib/row_loss": `


fn gemm_size() -> vec3u { return vec3u(params.M, params.D, params.H); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u) * params.H; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return h[row + k]; }

fn load_b4(k: u32, n: u32) -> vec4f {
  let i = k * params.D + n;
  if (params.D % 4u == 0u) { return W[i / 4u]; }
  return straddle(W[i / 4u], W[i / 4u + 1u], i % 4u);
}

fn store_row(m: u32, n: u32, row: vec4f) {
  var sum = 0.0;
  for (var j = 0u; j < min(4u, gemm_size().y - n); j++) { sum += loss(m, n + j, row[j] + b[n + j]); }
  partial[slot(m, n)] += sum;
}

fn after_band(first: u32, local: u32) {}

fn store_sum(m: u32, sum: f32) { nll[m] = sum; }
`,
  "lib/rows": `


override U8: bool = false;
override GATHER: bool = false;

fn data_row(m: u32) -> u32 {
  let r = step_u32(params.offset) + m;
  if (GATHER) { return index[r]; }
  return r;
}

fn load_x(i: u32) -> f32 {
  var raw: f32;
  if (U8) { raw = f32((x[i / 4u] >> (8u * (i % 4u))) & 0xffu); } else { raw = bitcast<f32>(x[i]); }
  return raw * params.scale + params.shift;
}
`,
  "lib/unary": `

struct Params { n: u32, a: f32, b: f32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;


@group(0) @binding(0) var<storage, read> kept: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] = f(x[i]); }
}

@compute @workgroup_size(256)
fn grad(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = dy[i] * df(kept[i], kept[i]);
  if (params.accumulate == 1u) { dx[i] += g; } else { dx[i] = g; }
}
`,
  "above": `


fn f(a: f32, b: f32) -> f32 { return select(select(0.0, 0.5, a == b), 1.0, a > b); }
`,
  "abs": `


fn f(x: f32) -> f32 { return abs(x); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, sign(x)); }
`,
  "accumulate": `

struct Params { n: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] += x[i]; }
}
`,
  "adam": `


struct Params {
  n: u32, beta1: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32, epsilon: f32, weight_decay: f32,
  step_size: u32, correction: u32, decay: u32,
  M: u32, B: u32, slot: u32, nll_weight: u32, kl_weight: u32
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read> nll: array<f32>;
@group(0) @binding(2) var<storage, read> kl: array<f32>;
@group(0) @binding(3) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> v: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


override SUMS: bool = false;

fn objective_of(sum_nll: f32, sum_kl: f32) -> f32 { return step_f32(params.nll_weight) * sum_nll + step_f32(params.kl_weight) * sum_kl; }

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let index = group.x + group.y * groups.x;
  if (SUMS && index == (params.n + 1023u) / 1024u) {
    write_sums(local);
    return;
  }
  let i = index * 256u + local;
  if (4u * i >= params.n) { return; }
  let p = value[i];
  let g = gradient[i] + params.weight_decay * p;
  let first = params.beta1 * m[i] + params.one_minus_beta1 * g;
  let second = params.beta2 * v[i] + params.one_minus_beta2 * g * g;
  let towards = step_f32(params.step_size) * first / (sqrt(second) * step_f32(params.correction) + params.epsilon);
  let next = p - (step_f32(params.decay) * p + towards);

  let ours = 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
  m[i] = select(m[i], first, ours);
  v[i] = select(v[i], second, ours);
  value[i] = select(p, next, ours);
}
`,
  "add": `


fn f(a: f32, b: f32) -> f32 { return a + b; }
`,
  "batch_labels": `


override GATHER: bool = false;

struct Params { n: u32, offset: u32 }

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  var row = step_u32(params.offset) + i;
  if (GATHER) { row = index[row]; }
  y[i] = labels[row];
}
`,
  "bernoulli_nll": `


fn f(l: f32, x: f32) -> f32 { return keep_nan(l, max(l, 0.0) - x * l + log1p(exp(-abs(l)))); }
`,
  "bernoulli_nll_grad": `


fn f(l: f32, x: f32) -> f32 { return select(logistic(l) - x, (1.0 - x) - logistic(-l), l >= 0.0); }
`,
  "binarise": `


struct Params { n: u32, columns: u32, k0: u32, k1: u32, offset: u32, scale: f32, shift: f32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = (group.x + group.y * groups.x) * 256u + local;
  if (at >= params.n) { return; }
  let m = at / params.columns;
  let k = at % params.columns;
  let i = data_row(m) * params.columns + k;
  let bits = philox(vec4u(i / 4u, 0u, 0u, 0u), vec2u(step_u32(params.k0), step_u32(params.k1)))[i % 4u];
  y[at] = select(0.0, 1.0, uniform_of(bits) < load_x(data_row(m) * params.columns + k));
}
`,
  "block_norms": `


struct Params { n: u32, block: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let begin = group.x * params.block;
  let result = norm(begin, min(begin + params.block, params.n), local);
  if (local == 0u) { y[group.x] = result; }
}
`,
  "clamp": `


fn f(x: f32) -> f32 { return keep_nan(x, clamp(x, params.a, params.b)); }
fn df(x: f32, y: f32) -> f32 { return select(0.0, 1.0, x >= params.a && x <= params.b); }
`,
  "clip_by_norm": `


struct Params { n: u32, block: u32, blocks: u32, max_norm: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let factor = step_f32(params.max_norm) / (norm(0u, params.blocks, local) + 1e-6);
  if (!is_nan(factor) && factor >= 1.0) { return; }
  let begin = group.x * params.block;
  let end = min(begin + params.block, params.n);
  for (var i = begin + local; i < end; i += 256u) {

    if (g[i] != 0.0) { g[i] *= factor; }
  }
}
`,
  "clip_by_value": `


struct Params { n: u32, limit: u32 }

@group(0) @binding(0) var<storage, read_write> g: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let limit = step_f32(params.limit);
  if (!is_nan(g[i]) && abs(g[i]) > limit) { g[i] = select(-limit, limit, g[i] > 0.0); }
}
`,
  "continuous_bernoulli_log_normaliser": `


fn f(x: f32) -> f32 {
  let u = abs(x);
  if (u < 1e-4) { return 0.69314718; }
  return keep_nan(x, log(u * (1.0 + exp(-u)) / -expm1(-u)));
}

fn df(x: f32, y: f32) -> f32 { return cosech_defect(x); }
`,
  "continuous_bernoulli_mean": `



fn f(x: f32) -> f32 { return keep_nan(x, logistic(x) - cosech_defect(x)); }


fn df(x: f32, y: f32) -> f32 {
  let u = 0.5 * x;
  if (abs(x) <= 2.0) {
    let q = sinh_tail(u * u);
    let r = 1.0 + u * u / 6.0 * q;
    return q / 24.0 / r * (1.0 + 1.0 / r);
  }
  let e = exp(-abs(x));
  return keep_nan(x, 1.0 / x / x - e / ((1.0 - e) * (1.0 - e)));
}
`,
  "continuous_bernoulli_quantile": `



fn f(l: f32, u: f32) -> f32 {
  let size = max(abs(l), 1e-6);
  let v = select(1.0 - u, u, l < 0.0);
  let x = clamp(log1p(v * expm1(-size)) / -size, 0.0, 1.0);
  return keep_nan(l, select(1.0 - x, x, l < 0.0));
}
`,
  "cos": `


fn f(x: f32) -> f32 { return keep_nan(x, cos(x)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, -sin(x)); }
`,
  "dense": `


struct Params { M: u32, N: u32, K: u32, a: f32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;
override HALF: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> W: array<vec4u>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> s: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.M, params.N, params.K); }

fn row_of_a(m: u32) -> u32 { return data_row(min(m, params.M - 1u)) * params.K; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return load_x(row + k); }

fn load_b4(k: u32, n: u32) -> vec4f {
  let i = k * params.N + n;
  if (HALF) { return vec4f(half_of_w(i), half_of_w(i + 1u), half_of_w(i + 2u), half_of_w(i + 3u)); }
  let low = bitcast<vec4f>(W[i / 4u]);
  if (params.N % 4u == 0u) { return low; }
  return straddle(low, bitcast<vec4f>(W[i / 4u + 1u]), i % 4u);
}

fn half_of_w(i: u32) -> f32 { return unpack2x16float(W[i / 8u][i / 2u % 4u])[i % 2u]; }

fn store(m: u32, n: u32, value: f32) {
  let i = m * params.N + n;
  let pre = value + b[n];
  y[i] = f(pre);
  if (KEEP) { s[i] = pre; }
}
`,
  "dense_bernoulli_nll": `


struct Params { M: u32, B: u32, D: u32, H: u32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read_write> nll: array<f32>;
@group(0) @binding(6) var<storage, read_write> dlogits: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn loss(m: u32, n: u32, s: f32) -> f32 {
  let target_x = load_x(data_row(m % params.B) * params.D + n);
  let e = exp(-abs(s));
  if (KEEP) {
    let upper = 1.0 - target_x - e / (1.0 + e);
    let lower = e / (1.0 + e) - target_x;
    dlogits[m * params.D + n] = select(lower, upper, s >= 0.0);
  }
  return max(s, 0.0) - target_x * s + log1p(e);
}
`,
  "dense_gaussian_nll": `


struct Params { M: u32, B: u32, D: u32, H: u32, log_var: f32, offset: u32, scale: f32, shift: f32 }

override KEEP: bool = false;
override LEARNED: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read> log_var: array<f32>;
@group(0) @binding(6) var<storage, read_write> nll: array<f32>;
@group(0) @binding(7) var<storage, read_write> dmean: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const LOG_2PI = 1.8378770664093453;

fn loss(m: u32, n: u32, s: f32) -> f32 {
  var v = params.log_var;
  if (LEARNED) { v = log_var[n]; }
  let inverse_deviation = exp(-0.5 * v);
  let t = (s - load_x(data_row(m % params.B) * params.D + n)) * inverse_deviation;
  if (KEEP) { dmean[m * params.D + n] = t * inverse_deviation; }
  return 0.5 * (LOG_2PI + v + t * t);
}
`,
  "dense_gaussian_nll_grad_log_var": `


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
  for (var m = 0u; m < params.M; m++) {
    let t = dmean[m * params.D + n] * deviation;
    var r = 0.0;
    if (ROWS) { r = rows[m]; } else { r = step_f32(params.row); }
    sum += r * 0.5 * (1.0 - t * t);
  }
  if (params.accumulate == 1u) { gradient[n] += sum; } else { gradient[n] = sum; }
}
`,
  "dense_grad": `


struct Params {
  M: u32, N: u32, K: u32, a: f32, row: u32, offset: u32, scale: f32, shift: f32, weight_mode: u32, bias_mode: u32, accumulate: u32
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<vec4f>;
@group(0) @binding(2) var<storage, read> saved: array<vec4f>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> W: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> dW: array<f32>;
@group(0) @binding(7) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn data_row(m: u32) -> u32 { return m; }

fn load_x(i: u32) -> f32 { return x[i]; }
`,
  "dense_grad_input": `


struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> dy: array<vec4f>;
@group(0) @binding(1) var<storage, read> saved: array<vec4f>;
@group(0) @binding(2) var<storage, read> rows: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
`,
  "dense_grad_weight": `


struct Params { M: u32, N: u32, K: u32, a: f32, row: u32, offset: u32, scale: f32, shift: f32, weight_mode: u32, bias_mode: u32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> dy: array<vec4f>;
@group(0) @binding(3) var<storage, read> saved: array<vec4f>;
@group(0) @binding(4) var<storage, read> rows: array<f32>;
@group(0) @binding(5) var<storage, read_write> dW: array<f32>;
@group(0) @binding(6) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
`,
  "div": `


fn f(a: f32, b: f32) -> f32 { return a / b; }
`,
  "elbo_sums": `


struct Params { M: u32, B: u32, slot: u32, nll_weight: u32, kl_weight: u32 }

@group(0) @binding(0) var<storage, read> nll: array<f32>;
@group(0) @binding(1) var<storage, read> kl: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn objective_of(sum_nll: f32, sum_kl: f32) -> f32 { return step_f32(params.nll_weight) * sum_nll + step_f32(params.kl_weight) * sum_kl; }

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) local: u32) {
  write_sums(local);
}
`,
  "elu": `


fn f(x: f32) -> f32 { return keep_nan(x, select(params.a * expm1(x), x, x > 0.0)); }
fn df(x: f32, y: f32) -> f32 { return select(y + params.a, 1.0, y > 0.0); }
`,
  "exp": `


fn f(x: f32) -> f32 { return keep_nan(x, exp(x)); }
fn df(x: f32, y: f32) -> f32 { return y; }
`,
  "expm1": `


fn f(x: f32) -> f32 { return expm1(x); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, exp(x)); }
`,
  "fill": `


struct Params { n: u32, value: u32 }

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] = step_f32(params.value); }
}
`,
  "gather_rows": `

struct Params { n: u32, rows: u32, columns: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let row = min(index[i / params.columns], params.rows - 1u);
  y[i] = x[row * params.columns + i % params.columns];
}
`,
  "gather_rows_grad": `

struct Params { n: u32, rows: u32, columns: u32, count: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = (group.x + group.y * groups.x) * 256u + local;
  if (at >= params.n) { return; }
  let row = at / params.columns;
  let column = at % params.columns;
  var sum = 0.0;
  for (var i = 0u; i < params.count; i++) {
    if (min(index[i], params.rows - 1u) == row) { sum += dy[i * params.columns + column]; }
  }
  if (params.accumulate == 1u) { dx[at] += sum; } else { dx[at] = sum; }
}
`,
  "gaussian_kl": `


fn f(mean: f32, log_var: f32) -> f32 { return 0.5 * (mean * mean + expm1_minus(log_var)); }
`,
  "gelu": `


fn f(x: f32) -> f32 { return x * normal_cdf(x); }
fn df(x: f32, y: f32) -> f32 { return normal_cdf(x) + x * normal_pdf(x); }
`,
  "heads": `


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

fn noise_at(i: u32) -> f32 {
  if (KEYED) { return normal_at(i, vec2u(step_u32(params.k0), step_u32(params.k1))); }
  return noise[i];
}

fn gemm_size() -> vec3u { return vec3u(params.B, 2u * params.L, params.H); }

fn row_of_a(b: u32) -> u32 { return data_row(min(b, params.B - 1u)) * params.H; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return load_x(row + k); }

fn load_b(k: u32, n: u32) -> f32 { return W[k * 2u * params.L + min(n, 2u * params.L - 1u)]; }

fn store(b: u32, n: u32, value: f32) { mean_log_var[b * 2u * params.L + n] = value; }


fn after_band(first: u32, local: u32) {
  let L = params.L;
  for (var i = local; i < min(tile_size().x, params.B - first) * slots(); i += THREADS) {
    let b = first + i / slots();
    var sum = 0.0;
    for (var l = i % slots(); l < L; l += slots()) {
      let at_mean = b * 2u * L + l;
      let mean = mean_log_var[at_mean] + bias[l];
      let log_var = mean_log_var[at_mean + L] + bias[L + l];
      mean_log_var[at_mean] = mean;
      mean_log_var[at_mean + L] = log_var;
      sum += 0.5 * (mean * mean + expm1_minus(log_var));
      let deviation = exp(0.5 * log_var);
      for (var s = 0u; s < params.S; s++) {
        let at = (s * params.B + b) * L + l;
        z[at] = mean + deviation * noise_at(at);
      }
    }
    partial[i] = sum;
  }
}

fn store_sum(b: u32, sum: f32) { kl[b] = sum; }
`,
  "heads_dense_grad": `


struct Params { B: u32, L: u32, S: u32, row: u32, M: u32, N: u32, K: u32, accumulate: u32, weight_mode: u32, bias_mode: u32 }

@group(0) @binding(0) var<storage, read> h: array<f32>;
@group(0) @binding(1) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> z: array<f32>;
@group(0) @binding(4) var<storage, read> W: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> dx: array<f32>;
@group(0) @binding(7) var<storage, read_write> dW: array<f32>;
@group(0) @binding(8) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


fn ds(b: u32, j: u32) -> f32 { return heads_cotangent(b, j); }

fn factor() -> f32 { return 1.0; }


fn half_drawn(i: u32, mean: f32, log_var: f32) -> f32 { return 0.5 * (z[i] - mean); }

fn row_factor(b: u32) -> f32 { return step_f32(params.row); }

fn direct_at(i: u32) -> f32 { return 0.0; }

fn data_row(m: u32) -> u32 { return m; }

fn load_x(i: u32) -> f32 { return h[i]; }
`,
  "heads_grad": `


struct Params { B: u32, L: u32, S: u32, k0: u32, k1: u32, row: u32 }

override KEYED: bool = false;
override DIRECT: bool = false;
override ROWS: bool = false;

@group(0) @binding(0) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> direct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn noise_at(i: u32) -> f32 {
  if (KEYED) { return normal_at(i, vec2u(step_u32(params.k0), step_u32(params.k1))); }
  return noise[i];
}

fn half_drawn(i: u32, mean: f32, log_var: f32) -> f32 { return 0.5 * exp(0.5 * log_var) * noise_at(i); }

fn row_factor(b: u32) -> f32 {
  if (ROWS) { return rows[b]; }
  return step_f32(params.row);
}

fn direct_at(i: u32) -> f32 {
  if (DIRECT) { return direct[i]; }
  return 0.0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 64u + local;
  if (i < params.B * 2u * params.L) { gradient[i] = heads_cotangent(i / (2u * params.L), i % (2u * params.L)); }
}
`,
  "iwae": `


struct Params { B: u32, S: u32, log_samples: f32 }

@group(0) @binding(0) var<storage, read> nll: array<f32>;
@group(0) @binding(1) var<storage, read> kl: array<f32>;
@group(0) @binding(2) var<storage, read_write> neg_bound: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


const NEGLIGIBLE = -43.668274;


@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let b = (group.x + group.y * groups.x) * 64u + local;
  if (b >= params.B) { return; }
  let rows = params.S * params.B;
  var best = b;
  for (var row = b; row < rows; row += params.B) {
    if (nll[row] + kl[row] < nll[best] + kl[best]) { best = row; }
  }
  let least = nll[best] + kl[best];
  var rest = 0.0;
  for (var row = b; row < rows; row += params.B) {
    if (row != best) {
      let difference = least - (nll[row] + kl[row]);
      let weight = keep_nan(difference, select(exp(difference), 0.0, difference < NEGLIGIBLE));
      weights[row] = weight;
      rest += weight;
    }
  }
  for (var row = b; row < rows; row += params.B) {
    if (row != best) { weights[row] /= 1.0 + rest; }
  }
  weights[best] = 1.0 / (1.0 + rest);
  neg_bound[b] = least - log1p(rest) + params.log_samples;
}
`,
  "leaky_relu": `


fn f(x: f32) -> f32 { return keep_nan(x, select(params.a * x, x, x > 0.0)); }
fn df(x: f32, y: f32) -> f32 { return select(params.a, 1.0, y > 0.0); }
`,
  "log": `


fn f(x: f32) -> f32 { return ln(x); }
fn df(x: f32, y: f32) -> f32 { return 1.0 / x; }
`,
  "log1p": `


fn f(x: f32) -> f32 { return log1p(x); }
fn df(x: f32, y: f32) -> f32 { return 1.0 / (1.0 + x); }
`,
  "log_add_exp": `



fn f(a: f32, b: f32) -> f32 {
  if (a == b) { return a + 0.69314718; }
  return keep_nan(a, keep_nan(b, max(a, b) + log1p(exp(-abs(a - b)))));
}
`,
  "loss_sums": `


struct Params { M: u32, B: u32, slot: u32 }

@group(0) @binding(0) var<storage, read> objective: array<f32>;
@group(0) @binding(1) var<storage, read> nll: array<f32>;
@group(0) @binding(2) var<storage, read> kl: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn objective_of(sum_nll: f32, sum_kl: f32) -> f32 { return objective[0]; }

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
  write_sums(local);
}
`,
  "matmul": `


struct Params { M: u32, N: u32, K: u32, a_m: u32, a_k: u32, b_k: u32, b_n: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn gemm_size() -> vec3u { return vec3u(params.M, params.N, params.K); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u) * params.a_m; }

fn column_of_a(k: u32) -> u32 { return k * params.a_k; }

fn load_a(row: u32, column: u32) -> f32 { return a[row + column]; }

fn load_b(k: u32, n: u32) -> f32 { return b[k * params.b_k + min(n, params.N - 1u) * params.b_n]; }

fn store(m: u32, n: u32, value: f32) {
  let i = m * params.N + n;
  if (params.accumulate == 1u) { c[i] += value; } else { c[i] = value; }
}
`,
  "maximum": `


fn f(a: f32, b: f32) -> f32 { return keep_nan(a, keep_nan(b, max(a, b))); }
`,
  "minimum": `


fn f(a: f32, b: f32) -> f32 { return keep_nan(a, keep_nan(b, min(a, b))); }
`,
  "mul": `


fn f(a: f32, b: f32) -> f32 { return a * b; }
`,
  "neg": `


fn f(x: f32) -> f32 { return -x; }
fn df(x: f32, y: f32) -> f32 { return -1.0; }
`,
  "normal": `


alias Value = f32;

fn value_of(bits: u32) -> Value { return normal_of(bits); }
`,
  "one_hot": `

struct Params { rows: u32, classes: u32 }

@group(0) @binding(0) var<storage, read> labels: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.rows * params.classes) { y[i] = select(0u, 1u, i % params.classes == labels[i / params.classes]); }
}
`,
  "pow": `


fn f(a: f32, b: f32) -> f32 { return power(a, b); }
`,
  "pow_grad_base": `


fn f(a: f32, b: f32) -> f32 {
  if (b == 0.0) { return 0.0; }
  return b * power(a, b - 1.0);
}
`,
  "pow_grad_exponent": `


fn f(a: f32, b: f32) -> f32 {
  if (a == 0.0 && b >= 0.0) { return 0.0; }
  return power(a, b) * ln(a);
}
`,
  "random_bits": `


alias Value = u32;

fn value_of(bits: u32) -> Value { return bits; }
`,
  "reciprocal": `


fn f(x: f32) -> f32 { return 1.0 / x; }
fn df(x: f32, y: f32) -> f32 { return -y * y; }
`,
  "reduce_max": `


fn start(first: f32) -> f32 { return first; }

fn combine(p: f32, q: f32) -> f32 {
  if (is_nan(p)) { return p; }
  if (is_nan(q)) { return q; }
  return max(p, q);
}
`,
  "reduce_max_grad": `


struct Params {
  n: u32, accumulate: u32,
  count: u32, kept: vec4u, kept_strides: vec4u, reduced: vec4u, reduced_strides: vec4u
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;


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
    let share = select(0.0, dy[o] / ties, x[at] == y[o]);
    if (params.accumulate == 1u) { dx[at] += share; } else { dx[at] = share; }
  }
}
`,
  "reduce_sum": `


fn start(first: f32) -> f32 { return 0.0; }
fn combine(p: f32, q: f32) -> f32 { return p + q; }
`,
  "relu": `


fn f(x: f32) -> f32 { return keep_nan(x, max(x, 0.0)); }
fn df(x: f32, y: f32) -> f32 { return select(0.0, 1.0, y > 0.0); }
`,
  "rmsprop": `


struct Params { n: u32, alpha: f32, one_minus_alpha: f32, epsilon: f32, weight_decay: f32, learning_rate: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = gradient[i] + params.weight_decay * value[i];
  let second = params.alpha * v[i] + params.one_minus_alpha * g * g;
  v[i] = second;
  value[i] -= step_f32(params.learning_rate) * g / (sqrt(second) + params.epsilon);
}
`,
  "rows_to_tensor": `


struct Params { n: u32, columns: u32, offset: u32, scale: f32, shift: f32 }

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i < params.n) { y[i] = load_x(data_row(i / params.columns) * params.columns + i % params.columns); }
}
`,
  "rsqrt": `


fn f(x: f32) -> f32 { return keep_nan(x, inverseSqrt(x)); }
fn df(x: f32, y: f32) -> f32 { return -0.5 * y * y * y; }
`,
  "sampled_kl": `

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
    sum += value * value - log_var - t * t;
  }
  kl[row] = 0.5 * sum;
}
`,
  "sampled_kl_grad": `

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
  let i = (group.x + group.y * groups.x) * 64u + local;
  let L = params.L;
  if (i >= params.B * L) { return; }
  let b = i / L;
  let at_mean = b * 2u * L + i % L;
  let mean = mean_log_var[at_mean];
  let inverse = exp(-0.5 * mean_log_var[at_mean + L]);
  var d_mean = 0.0;
  var d_log_var = 0.0;
  for (var s = 0u; s < params.S; s++) {
    let row = s * params.B + b;
    let at = row * L + i % L;
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
`,
  "sgd": `


struct Params { n: u32, momentum: f32, weight_decay: f32, learning_rate: u32 }

override MOMENTUM: bool = false;
override NESTEROV: bool = false;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = gradient[i] + params.weight_decay * value[i];
  var direction = g;
  if (MOMENTUM) {
    let velocity = params.momentum * m[i] + g;
    m[i] = velocity;
    direction = select(velocity, g + params.momentum * velocity, NESTEROV);
  }
  value[i] -= step_f32(params.learning_rate) * direction;
}
`,
  "sigmoid": `


fn f(x: f32) -> f32 { return logistic(x); }
fn df(x: f32, y: f32) -> f32 { return logistic(x) * logistic(-x); }
`,
  "silu": `



fn f(x: f32) -> f32 {
  let h = exp(-0.5 * abs(x));
  let lower = select(h, 1.0, x >= 0.0);
  return keep_nan(x, x * lower * (lower / (1.0 + h * h)));
}
fn df(x: f32, y: f32) -> f32 {
  let h = exp(-0.5 * abs(x));
  let r = 1.0 / (1.0 + h * h);
  let lower = select(h, 1.0, x >= 0.0);
  let upper = select(1.0, h, x >= 0.0);
  return keep_nan(x, lower * (1.0 + x * upper * upper * r) * (lower * r));
}
`,
  "sin": `


fn f(x: f32) -> f32 { return keep_nan(x, sin(x)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(x, cos(x)); }
`,
  "softplus": `


fn f(x: f32) -> f32 { return log1p_exp(x); }
fn df(x: f32, y: f32) -> f32 { return -expm1(-y); }
`,
  "sqrt": `


fn f(x: f32) -> f32 { return keep_nan(x, sqrt(x)); }
fn df(x: f32, y: f32) -> f32 { return keep_nan(y, 0.5 / y); }
`,
  "square": `


fn f(x: f32) -> f32 { return x * x; }
fn df(x: f32, y: f32) -> f32 { return 2.0 * x; }
`,
  "strided_copy": `


struct Params { shape: vec4u, x_strides: vec4u, y_strides: vec4u, n: u32, x_offset: u32, y_offset: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let value = x[params.x_offset + strided(i, params.shape, params.x_strides)];
  let to = params.y_offset + strided(i, params.shape, params.y_strides);
  if (params.accumulate == 1u) { y[to] += value; } else { y[to] = value; }
}
`,
  "sub": `


fn f(a: f32, b: f32) -> f32 { return a - b; }
`,
  "tanh": `



fn f(x: f32) -> f32 {
  let m = expm1(2.0 * min(abs(x), 10.0));
  let y = m / (m + 2.0);
  return keep_nan(x, select(y, -y, x < 0.0));
}
fn df(x: f32, y: f32) -> f32 { return (1.0 - y) * (1.0 + y); }
`,
  "uniform": `


alias Value = f32;

fn value_of(bits: u32) -> Value { return uniform_of(bits); }
`,
  "where": `


struct Params { shape: vec4u, condition_strides: vec4u, a_strides: vec4u, b_strides: vec4u, n: u32 }

@group(0) @binding(0) var<storage, read> condition: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let shape = params.shape;
  if (condition[strided(i, shape, params.condition_strides)] != 0u) {
    y[i] = a[strided(i, shape, params.a_strides)];
  } else {
    y[i] = b[strided(i, shape, params.b_strides)];
  }
}
`,
};
