// Generated from shaders/ by scripts/shaders.mjs; do not edit.
import type { Shader } from "../../kernel.ts";

export const libGemmQuad: Shader = {
  name: "lib/gemm_quad",
  uses: [],
  source: `

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
};

export const libGemmWorkgroup: Shader = {
  name: "lib/gemm_workgroup",
  uses: [],
  source: `

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
};
