// ds[m,n] = dy[m,n]·f'(s[m,n])·r[m]: the gradient of x·W + b from that of its output; r is a row cotangent where ROWS, else params.row
// uses lib/step

override ROWS: bool = false;

fn ds(m: u32, n: u32) -> f32 {
  let i = m * params.N + n;
  let s = saved[i];
  var r = 1.0;
  if (ROWS) { r = rows[m]; } else { r = step_f32(params.row); }
  return dy[i] * df(s, s) * r;
}
