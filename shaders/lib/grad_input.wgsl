// the product dx[m,k] (+)= Σn ds[m,n]·W[k,n] in the contract of lib/gemm; the including shader binds W and dx and defines ds(m, n) and factor()
// uses lib/load_b4

fn gemm_size() -> vec3u { return vec3u(params.M, params.K, params.N); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u); }

fn column_of_a(n: u32) -> u32 { return n; }

fn load_a(m: u32, n: u32) -> f32 { return ds(m, n); }

fn load_b(n: u32, k: u32) -> f32 { return W[min(k, params.K - 1u) * params.N + n]; }

fn store(m: u32, k: u32, value: f32) {
  let i = m * params.K + k;
  if (params.accumulate == 1u) { dx[i] += value * factor(); } else { dx[i] = value * factor(); }
}
