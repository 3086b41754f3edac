// ds[m,n] = dy[m,n]·f'(s[m,n])·r[m], the gradient of x·W + b from that of its output, but for a factor() of the whole sum: r where it is no row cotangent
// uses lib/step

override ROWS: bool = false;

fn ds(m: u32, n: u32) -> f32 {
  let i = m * params.N + n;
  let s = saved[i];
  let gradient = dy[i] * df(s, s);
  if (ROWS) { return gradient * rows[m]; }
  return gradient;
}

fn factor() -> f32 {
  if (ROWS) { return 1.0; }
  return step_f32(params.row);
}
