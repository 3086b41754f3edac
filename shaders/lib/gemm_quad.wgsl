// tile: 16×32, 8 invocations side by side, each 16 rows × 4 columns in registers; a quad's four load A at four k and share it; no barrier, as in lib/gemm
// uses lib/sum_block

enable subgroups;

const THREADS = 8u;
const SLOTS = 128u;
const HEIGHT = 16u;

fn tile_size() -> vec2u { return vec2u(HEIGHT, 4u * THREADS); }

// four columns of B; beyond K all is 0, and nothing is read that is not there
fn masked_b4(k: u32, n: u32, K: u32) -> vec4f {
  return select(vec4f(), load_b4(min(k, K - 1u), n), k < K);
}

// 0 … 3: which of its quad this invocation is
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
  for (var first = 0u; first < K; first += SUM_BLOCK) {
    var block = array<vec4f, HEIGHT>();
    let end = min(first + SUM_BLOCK, K);
    for (var k = first; k < end; k += 4u) {
      let b0 = masked_b4(k, n, K);
      let b1 = masked_b4(k + 1u, n, K);
      let b2 = masked_b4(k + 2u, n, K);
      let b3 = masked_b4(k + 3u, n, K);
      let at = column_of_a(min(k + own, K - 1u));
      for (var i = 0u; i < HEIGHT; i++) {
        let shared_a = select(0.0, load_a(a[i], at), k + own < K);
        block[i] += quadBroadcast(shared_a, 0u) * b0 + quadBroadcast(shared_a, 1u) * b1 + quadBroadcast(shared_a, 2u) * b2 + quadBroadcast(shared_a, 3u) * b3;
      }
    }
    for (var i = 0u; i < HEIGHT; i++) { c[i] += block[i]; }
  }
  if (n >= size.y) { return; }
  // A copy, because an array in registers is one whose loops are unrolled, and what becomes of a row may be long.
  var rows = c;
  for (var i = 0u; i < min(HEIGHT, size.x - m); i++) { store_row(m + i, n, rows[i]); }
}
