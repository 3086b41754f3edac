// C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N]: a 16×16 tile of C per workgroup, which keeps 16×16 of A and of B in workgroup memory

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const TILE = 16u;

var<workgroup> slab_a: array<f32, TILE * TILE>; // [m][k]
var<workgroup> slab_b: array<f32, TILE * TILE>; // [k][n]

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let m = id.y;
  let n = id.x;
  let own = local.y * TILE + local.x;
  var sum = 0.0;
  for (var k = 0u; k < params.K; k += TILE) {
    // each invocation loads one element of either slab, and all of them wait for each other
    slab_a[own] = load_a(m, k + local.x);
    slab_b[own] = load_b(k + local.y, n);
    workgroupBarrier();
    for (var i = 0u; i < TILE; i++) { sum += slab_a[local.y * TILE + i] * slab_b[i * TILE + local.x]; }
    workgroupBarrier();
  }
  if (m < params.M && n < params.N) { c[m * params.N + n] = sum; }
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
