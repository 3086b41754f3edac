/** Shaders as somebody would write their own: right ones, in which tests plant faults. */

/** Tiles of both operands in workgroup memory. */
export const tiledMatmul = `// C[m,n] (+)= Σk A[m,k]·B[k,n], a tile of TILE × TILE by each workgroup
// tile TILE x TILE

struct Params { M: u32, N: u32, K: u32, a_m: u32, a_k: u32, b_k: u32, b_n: u32, accumulate: u32 }
override TILE: u32 = 8;
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;
var<workgroup> tile_a: array<f32, TILE * TILE>;
var<workgroup> tile_b: array<f32, TILE * TILE>;

fn a_at(m: u32, k: u32) -> f32 {
  if (m >= params.M || k >= params.K) { return 0.0; }
  return a[m * params.a_m + k * params.a_k];
}

fn b_at(k: u32, n: u32) -> f32 {
  if (k >= params.K || n >= params.N) { return 0.0; }
  return b[k * params.b_k + n * params.b_n];
}

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = group.y * TILE + local.y;
  let n = group.x * TILE + local.x;
  var sum = 0.0;
  for (var k = 0u; k < params.K; k += TILE) {
    tile_a[local.y * TILE + local.x] = a_at(m, k + local.x);
    tile_b[local.y * TILE + local.x] = b_at(k + local.y, n);
    workgroupBarrier();
    for (var i = 0u; i < TILE; i++) { sum += tile_a[local.y * TILE + i] * tile_b[i * TILE + local.x]; }
    workgroupBarrier();
  }
  let at = m * params.N + n;
  if (m < params.M && n < params.N) { c[at] = select(0.0, c[at], params.accumulate == 1u) + sum; }
}
`;

/** One invocation for each element. */
export const plainDense = `// y[m,n] = f(s[m,n]), s = x·W + b, one element by each invocation
// uses lib/rows, lib/identity
// tile 8 x 8

struct Params { M: u32, N: u32, K: u32, a: f32, offset: u32, scale: f32, shift: f32 }
override KEEP: bool = false;
override HALF: bool = false;
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> W: array<u32>;
@group(0) @binding(3) var<storage, read> b: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;
@group(0) @binding(5) var<storage, read_write> s: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn weight(i: u32) -> f32 {
  if (HALF) { return unpack2x16float(W[i / 2u])[i % 2u]; }
  return bitcast<f32>(W[i]);
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) at: vec3u) {
  let n = at.x;
  let m = at.y;
  if (m >= params.M || n >= params.N) { return; }
  let row = data_row(m) * params.K;
  var sum = b[n];
  for (var k = 0u; k < params.K; k++) { sum += load_x(row + k) * weight(k * params.N + n); }
  let i = m * params.N + n;
  y[i] = f(sum);
  if (KEEP) { s[i] = sum; }
}
`;
