// main: store(m, n, Σk A[m,k]·B[k,n]) for m < M, n < N, one 4×4 tile per invocation; the including shader defines gemm_size() = (M, N, K), load_a, load_b, store
// uses lib/tile

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let size = gemm_size();
  let across = (size.y + 3u) / 4u;
  let i = (group.x + group.y * groups.x) * 64u + local;
  let m = i / across * 4u;
  let n = i % across * 4u;
  if (m >= size.x) { return; }
  let c = tile(m, n, size.z);
  store_row(m, n, c[0]);
  store_row(m + 1u, n, c[1]);
  store_row(m + 2u, n, c[2]);
  store_row(m + 3u, n, c[3]);
}

fn store_row(m: u32, n: u32, row: vec4f) {
  let size = gemm_size();
  if (m >= size.x) { return; }
  store(m, n, row.x);
  if (n + 1u < size.y) { store(m, n + 1u, row.y); }
  if (n + 2u < size.y) { store(m, n + 2u, row.z); }
  if (n + 3u < size.y) { store(m, n + 3u, row.w); }
}
