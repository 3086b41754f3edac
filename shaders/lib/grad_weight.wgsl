// the product dW[k,n] (+)= Σm x[m,k]·ds[m,n], db[n] (+)= Σm ds[m,n] in the contract of lib/gemm: x with a column of ones; the including shader
// binds dW and db and defines load_x(data_row(m)·K + k), ds4(m, n) = four columns of ds, and factor()

fn gemm_size() -> vec3u { return vec3u(params.K + 1u, params.N, params.M); }

fn row_of_a(k: u32) -> u32 { return k; }

// found once for all rows of a tile: the row of a data set is a load of its own
fn column_of_a(m: u32) -> u32 { return data_row(m) * params.K; }

fn load_a(k: u32, row: u32) -> f32 { return select(1.0, load_x(row + min(k, params.K - 1u)), k < params.K); }

fn load_b4(m: u32, n: u32) -> vec4f { return ds4(m, n); }

// modes: 0 overwrites, 1 adds, 2 leaves alone
fn store(k: u32, n: u32, sum: f32) {
  let value = sum * factor();
  if (k < params.K) {
    let i = k * params.N + n;
    if (params.weight_mode == 0u) { dW[i] = value; } else if (params.weight_mode == 1u) { dW[i] += value; }
  } else {
    if (params.bias_mode == 0u) { db[n] = value; } else if (params.bias_mode == 1u) { db[n] += value; }
  }
}
