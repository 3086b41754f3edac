// main: store(m, n, Σk A[m,k]·B[k,n]) for m < M, n < N, one tile of C per workgroup; the including shader defines gemm_size, row_of_a, load_a, load_b and store
// uses lib/gemm_registers, lib/store_row

// The contract of the cores gemm_registers, gemm_quad and gemm_workgroup, of which the device puts the one that suits it in place of the first:
//   the including shader defines  gemm_size() = (M, N, K), row_of_a(m), column_of_a(k), load_a(row_of_a(m), column_of_a(k)), which clamps m at the
//   edge, and load_b4(k, n) = columns n … n + 3 of row k < K of B, where those ≥ N are any numbers, and
//   the frame, this file or lib/gemm_rows,  tiled() = the (rows, columns) that the grid covers, store_row(m, n, row) for columns n … n + 3;
//   the core defines  THREADS, SLOTS ≥ rows·columns/4 of a tile, tile_size() = its (rows, columns), and
//   tile(corner, local), which calls store_row once for each m < M and each fourth n < N of the tile, sums being taken in blocks as lib/sum_block has it.
// No size is a constant, so no size compiles a pipeline. src/device/webgpu/cores.ts chooses the core and covers the grid with its tiles.

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
