// store(m, n + j, row[j]) for the columns n + j < N of a row from a core; written out, because a loop here is unrolled for every row of a tile

fn store_row(m: u32, n: u32, row: vec4f) {
  let N = gemm_size().y;
  store(m, n, row.x);
  if (n + 1u < N) { store(m, n + 1u, row.y); }
  if (n + 2u < N) { store(m, n + 2u, row.z); }
  if (n + 3u < N) { store(m, n + 3u, row.w); }
}
