// C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N]: 16×128 of C per workgroup, 16 rows × 4 columns per invocation; a quad's four share A without memory

enable subgroups;

struct Params { M: u32, N: u32, K: u32 }

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const HEIGHT = 16u;
const THREADS = 32u;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let m = group.y * HEIGHT;
  let n = 4u * (group.x * THREADS + index);
  let own = place_in_quad(index);
  var sums: array<vec4f, HEIGHT>;
  for (var k = 0u; k < params.K; k += 4u) {
    let b0 = load_b4(k, n);
    let b1 = load_b4(k + 1u, n);
    let b2 = load_b4(k + 2u, n);
    let b3 = load_b4(k + 3u, n);
    for (var i = 0u; i < HEIGHT; i++) {
      // each of the quad loads at one of the four k what all of them need
      let one = load_a(m + i, k + own);
      sums[i] += quadBroadcast(one, 0u) * b0 + quadBroadcast(one, 1u) * b1 + quadBroadcast(one, 2u) * b2 + quadBroadcast(one, 3u) * b3;
    }
  }
  // All of a quad stay until here, for the others need what they load. A copy, because an array in registers is one whose loops are unrolled.
  var rows = sums;
  for (var i = 0u; i < min(HEIGHT, params.M - m); i++) { store4(m + i, n, rows[i]); }
}

// 0 … 3: which of its quad this invocation is
fn place_in_quad(index: u32) -> u32 {
  let quad = vec4u(quadBroadcast(index, 0u), quadBroadcast(index, 1u), quadBroadcast(index, 2u), quadBroadcast(index, 3u));
  return dot(select(vec4u(), vec4u(0u, 1u, 2u, 3u), quad == vec4u(index)), vec4u(1u));
}

// clamped at the edges, where nothing is stored, so that no load waits for a branch; 0 beyond K
fn load_a(m: u32, k: u32) -> f32 {
  return select(0.0, a[min(m, params.M - 1u) * params.K + min(k, params.K - 1u)], k < params.K);
}

fn load_b4(k: u32, n: u32) -> vec4f {
  let at = min(k, params.K - 1u) * params.N + min(n, params.N - 1u);
  return select(vec4f(), four_of_b(at), k < params.K);
}

fn four_of_b(at: u32) -> vec4f {
  if (params.N % 4u == 0u) { return b[at / 4u]; }
  return vec4f(b[at / 4u][at % 4u], b[(at + 1u) / 4u][(at + 1u) % 4u], b[(at + 2u) / 4u][(at + 2u) % 4u], b[(at + 3u) / 4u][(at + 3u) % 4u]);
}

fn store4(m: u32, n: u32, four: vec4f) {
  for (var l = 0u; l < min(4u, params.N - min(n, params.N)); l++) { c[m * params.N + n + l] = four[l]; }
}
