// ds[m,n] = dy[m,n]·f'(s[m,n])·r[m], the gradient of x·W + b from that of its output, but for a factor() of the whole sum: r where it is no row cotangent
// uses lib/step, lib/straddle

override ROWS: bool = false;

fn ds(m: u32, n: u32) -> f32 {
  let i = m * params.N + n;
  let s = saved[i / 4u][i % 4u];
  return dy[i / 4u][i % 4u] * df(s, s) * row_cotangent(m);
}

// of columns n … n + 3
fn ds4(m: u32, n: u32) -> vec4f {
  let i = m * params.N + n;
  var d = dy[i / 4u];
  var s = saved[i / 4u];
  if (params.N % 4u != 0u) {
    d = straddle(d, dy[i / 4u + 1u], i % 4u);
    s = straddle(s, saved[i / 4u + 1u], i % 4u);
  }
  return d * vec4f(df(s.x, s.x), df(s.y, s.y), df(s.z, s.z), df(s.w, s.w)) * row_cotangent(m);
}

fn row_cotangent(m: u32) -> f32 {
  if (ROWS) { return rows[m]; }
  return 1.0;
}

fn factor() -> f32 {
  if (ROWS) { return 1.0; }
  return step_f32(params.row);
}
