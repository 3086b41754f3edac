// C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N]: 64×64 of C per workgroup, of which each of 16×16 invocations keeps 4×4 in registers

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const TILE = 64u;
const DEPTH = 16u;
const SIDE = 16u;

var<workgroup> slab_a: array<f32, TILE * DEPTH>; // [m][k]
var<workgroup> slab_b: array<f32, DEPTH * TILE>; // [k][n]

@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  let corner = TILE * group.yx;
  var sums: array<array<f32, 4>, 4>;
  for (var k = 0u; k < params.K; k += DEPTH) {
    for (var i = index; i < TILE * DEPTH; i += SIDE * SIDE) {
      slab_a[i] = load_a(corner.x + i / DEPTH, k + i % DEPTH);
      slab_b[i] = load_b(k + i / TILE, corner.y + i % TILE);
    }
    workgroupBarrier();
    for (var i = 0u; i < DEPTH; i++) {
      // 8 loads for 16 multiply-adds, where the rung before needs 32
      var row: array<f32, 4>;
      for (var j = 0u; j < 4u; j++) { row[j] = slab_b[i * TILE + 4u * local.x + j]; }
      for (var j = 0u; j < 4u; j++) {
        let element = slab_a[(4u * local.y + j) * DEPTH + i];
        for (var l = 0u; l < 4u; l++) { sums[j][l] += element * row[l]; }
      }
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < 4u; j++) {
    for (var l = 0u; l < 4u; l++) { store(corner.x + 4u * local.y + j, corner.y + 4u * local.x + l, sums[j][l]); }
  }
}

// 0 beyond the edges, where the slabs go on
fn load_a(m: u32, k: u32) -> f32 {
  if (m < params.M && k < params.K) { return a[m * params.K + k]; }
  return 0.0;
}

fn load_b(k: u32, n: u32) -> f32 {
  if (k < params.K && n < params.N) { return b[k * params.N + n]; }
  return 0.0;
}

fn store(m: u32, n: u32, sum: f32) {
  if (m < params.M && n < params.N) { c[m * params.N + n] = sum; }
}
