// nll[m] = Σn loss(m, n, s[m,n]), s = h·W + b; the including shader binds b and nll and defines loss
// uses lib/gemm_rows

fn store_row(m: u32, n: u32, row: vec4f) {
  var sum = 0.0;
  for (var j = 0u; j < min(4u, gemm_size().y - n); j++) { sum += loss(m, n + j, row[j] + b[n + j]); }
  partial[slot(m, n)] += sum;
}

fn after_band(first: u32, local: u32) {}

fn store_sum(m: u32, sum: f32) { nll[m] = sum; }
