// nll[m] = Σn loss(m, n, s[m,n]), s = h·W + b: h [M,H], W [H,D]; the including shader binds h, W, b and nll and defines loss
// uses lib/gemm_rows, lib/straddle

fn gemm_size() -> vec3u { return vec3u(params.M, params.D, params.H); }

fn row_of_a(m: u32) -> u32 { return min(m, params.M - 1u) * params.H; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return h[row + k]; }

fn load_b4(k: u32, n: u32) -> vec4f {
  let i = k * params.D + n;
  if (params.D % 4u == 0u) { return W[i / 4u]; }
  return straddle(W[i / 4u], W[i / 4u + 1u], i % 4u);
}

fn store_row(m: u32, n: u32, row: vec4f) {
  var sum = 0.0;
  for (var j = 0u; j < min(4u, gemm_size().y - n); j++) { sum += loss(m, n + j, row[j] + b[n + j]); }
  partial[slot(m, n)] += sum;
}

fn after_band(first: u32, local: u32) {}

fn store_sum(m: u32, sum: f32) { nll[m] = sum; }
