// C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N]: 64×64 of C per workgroup, 4×4 per invocation, all of it in vec4: loads, slabs and sums

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const TILE = 64u;
const DEPTH = 16u;
const SIDE = 16u;

var<workgroup> slab_a: array<vec4f, TILE * DEPTH / 4u>; // [m][k / 4]
var<workgroup> slab_b: array<vec4f, DEPTH * TILE / 4u>; // [k][n / 4]

@compute @workgroup_size(SIDE, SIDE)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) index: u32) {
  let corner = TILE * group.yx;
  var sums: array<vec4f, 4>;
  for (var k = 0u; k < params.K; k += DEPTH) {
    // one load per slab and invocation, where the rung before needs four
    slab_a[index] = load_a4(corner.x + index / 4u, k + 4u * (index % 4u));
    slab_b[index] = load_b4(k + local.y, corner.y + 4u * local.x);
    workgroupBarrier();
    for (var i = 0u; i < DEPTH / 4u; i++) {
      let b0 = slab_b[4u * i * SIDE + local.x];
      let b1 = slab_b[(4u * i + 1u) * SIDE + local.x];
      let b2 = slab_b[(4u * i + 2u) * SIDE + local.x];
      let b3 = slab_b[(4u * i + 3u) * SIDE + local.x];
      for (var j = 0u; j < 4u; j++) {
        let four = slab_a[(4u * local.y + j) * 4u + i];
        sums[j] += four.x * b0 + four.y * b1 + four.z * b2 + four.w * b3;
      }
    }
    workgroupBarrier();
  }
  for (var j = 0u; j < 4u; j++) { store4(corner.x + 4u * local.y + j, corner.y + 4u * local.x, sums[j]); }
}

// A[m, k … k + 3], 0 beyond the edges; a row whose length is no multiple of four does not begin at a vec4, and is read one by one
fn load_a4(m: u32, k: u32) -> vec4f {
  if (m >= params.M || k >= params.K) { return vec4f(); }
  let at = m * params.K + k;
  if (params.K % 4u == 0u) { return a[at / 4u]; }
  let four = vec4f(a[at / 4u][at % 4u], a[(at + 1u) / 4u][(at + 1u) % 4u], a[(at + 2u) / 4u][(at + 2u) % 4u], a[(at + 3u) / 4u][(at + 3u) % 4u]);
  return select(vec4f(), four, vec4u(k, k + 1u, k + 2u, k + 3u) < vec4u(params.K));
}

// B[k, n … n + 3], 0 beyond the last row; beyond the last column anything, which is not stored
fn load_b4(k: u32, n: u32) -> vec4f {
  if (k >= params.K || n >= params.N) { return vec4f(); }
  let at = k * params.N + n;
  if (params.N % 4u == 0u) { return b[at / 4u]; }
  return vec4f(b[at / 4u][at % 4u], b[(at + 1u) / 4u][(at + 1u) % 4u], b[(at + 2u) / 4u][(at + 2u) % 4u], b[(at + 3u) / 4u][(at + 3u) % 4u]);
}

fn store4(m: u32, n: u32, four: vec4f) {
  if (m >= params.M) { return; }
  for (var l = 0u; l < min(4u, params.N - min(n, params.N)); l++) { c[m * params.N + n + l] = four[l]; }
}
