// main: store_row for all rows of A·B, one band of whole rows per workgroup; then after_band; then store_sum(m, Σ partial[m,:]): a sum over a row needs no second launch
// uses lib/gemm_registers

// A frame in the contract of lib/gemm. The shader that uses it defines store_row and after_band(first, local), which may add to partial[slot(m, n)],
// and store_sum(m, sum).

var<workgroup> partial: array<f32, SLOTS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let size = gemm_size();
  let first = (group.x + group.y * groups.x) * tile_size().x;
  if (first >= size.x) { return; }
  for (var n = 0u; n < size.y; n += tile_size().y) { tile(vec2u(first, n), local); }
  storageBarrier();
  after_band(first, local);
  workgroupBarrier();
  for (var m = first + local; m < min(first + tile_size().x, size.x); m += THREADS) {
    var sum = 0.0;
    for (var i = 0u; i < slots(); i++) { sum += partial[slot(m, 4u * i)]; }
    store_sum(m, sum);
  }
}

fn tiled() -> vec2u { return vec2u(gemm_size().x, 1u); }

// the slots of one row, each for four columns of every tile
fn slots() -> u32 { return tile_size().y / 4u; }

fn slot(m: u32, n: u32) -> u32 { return m % tile_size().x * slots() + n / 4u % slots(); }
