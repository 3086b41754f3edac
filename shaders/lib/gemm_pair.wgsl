// main: two products in one launch, first the tiles of store(m, n, Σk load_a·load_b), then those of store2(m, n, Σk load_a2·load_b2)
// uses lib/gemm_registers, lib/store_row, lib/gemm_registers again, lib/store_row again

// A frame in the contract of lib/gemm, with two of everything: a file that is used again has a 2 behind each name that it declares, and behind
// those of the contract.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x + group.y * groups.x;
  let tiles = (tiled() + tile_size() - 1u) / tile_size();
  let tiles2 = (tiled2() + tile_size2() - 1u) / tile_size2();
  if (i < tiles.x * tiles.y) {
    tile(vec2u(i / tiles.y, i % tiles.y) * tile_size(), local);
  } else if (i < tiles.x * tiles.y + tiles2.x * tiles2.y) {
    let j = i - tiles.x * tiles.y;
    tile2(vec2u(j / tiles2.y, j % tiles2.y) * tile_size2(), local);
  }
}

fn tiled() -> vec2u { return gemm_size().xy; }

fn tiled2() -> vec2u { return gemm_size2().xy; }
