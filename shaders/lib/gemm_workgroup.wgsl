// tile: 64×64 by 256 invocations of 4×4, or 32×32 with k in four slices, where the larger would be too few to fill a GPU; slabs in workgroup memory, as in lib/gemm
// uses lib/sum_block

const THREADS = 256u;
const SLOTS = 1024u;
const ENOUGH_TILES = 64u;

var<workgroup> slab_a: array<vec4f, THREADS>;
var<workgroup> slab_b: array<vec4f, THREADS>;

fn tile_size() -> vec2u {
  let tiles = (tiled() + 63u) / 64u;
  return vec2u(select(32u, 64u, tiles.x * tiles.y >= ENOUGH_TILES));
}

// An invocation makes rows 4·row … + 3 and columns 4·column … + 3 of its slice's sum. A slab is as deep as a side has invocations (16 or 8), so that
// each of them loads one vec4 of A and one of B.
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
  for (var start = 0u; start < size.z; start += SUM_BLOCK) {
    var block = array<vec4f, 4>();
    let end = min(start + SUM_BLOCK, size.z);
    for (var k = start; k < end; k += side * slices) {
      workgroupBarrier();
      load_slabs(corner, k + slice * side, side, row, column, local);
      workgroupBarrier();
      for (var i = 0u; i < side; i++) {
        let a = slab_a[first + i * side + row];
        let b = slab_b[first + i * side + column];
        for (var j = 0u; j < 4u; j++) { block[j] += a[j] * b; }
      }
    }
    for (var j = 0u; j < 4u; j++) { c[j] += block[j]; }
  }
  if (slices == 1u) {
    for (var j = 0u; j < 4u; j++) { finish(m + j, n, c[j]); }
    return;
  }
  // the slices are added in order; slice j finishes row j
  for (var j = 0u; j < 4u; j++) {
    workgroupBarrier();
    slab_a[local] = c[j];
    workgroupBarrier();
    let at = local % (side * side);
    if (slice == j) { finish(m + j, n, slab_a[at] + slab_a[at + 64u] + slab_a[at + 128u] + slab_a[at + 192u]); }
  }
}

// Neighbours load A along k and B along n: mostly neighbouring memory. Beyond K all is 0.
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
