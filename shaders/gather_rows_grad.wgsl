// dx[r, c] (+)= Σi dy[i, c] over the i with index[i] = r, in ascending order, dx [R, C], dy [N, C], n = R·C, count = N
// uses lib/sum_block

struct Params { n: u32, rows: u32, columns: u32, count: u32, accumulate: u32 }

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// One invocation per element of dx looks through all indices: repeats need no atomics, and the order of the sum is fixed.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = (group.x + group.y * groups.x) * 256u + local;
  if (at >= params.n) { return; }
  let row = at / params.columns;
  let column = at % params.columns;
  var sum = 0.0;
  for (var first = 0u; first < params.count; first += SUM_BLOCK) {
    var block = 0.0;
    for (var i = first; i < min(first + SUM_BLOCK, params.count); i++) {
      if (index[i] == row) { block += dy[i * params.columns + column]; }
    }
    sum += block;
  }
  if (params.accumulate == 1u) { dx[at] += sum; } else { dx[at] = sum; }
}
