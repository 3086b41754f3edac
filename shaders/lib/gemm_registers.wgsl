// tile: 8×128, 32 invocations side by side, each 8 rows × 4 columns in registers; nothing is shared, so there is no barrier, as in lib/gemm
// uses lib/sum_block

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
  for (var first = 0u; first < size.z; first += SUM_BLOCK) {
    var block = array<vec4f, HEIGHT>();
    let end = min(first + SUM_BLOCK, size.z);
    for (var k = first; k < end; k++) {
      let b = load_b4(k, n);
      let at = column_of_a(k);
      for (var i = 0u; i < HEIGHT; i++) { block[i] += load_a(a[i], at) * b; }
    }
    for (var i = 0u; i < HEIGHT; i++) { c[i] += block[i]; }
  }
  // A copy, because an array in registers is one whose loops are unrolled, and what becomes of a row may be long.
  var rows = c;
  for (var i = 0u; i < min(HEIGHT, size.x - m); i++) { store_row(m + i, n, rows[i]); }
}
