// tile(m, n, K)[i][j] = Σk A[m+i,k]·B[k,n+j], a 4×4 tile in registers; the including shader defines load_a(m, k) and load_b(k, n), clamped at the edges

fn tile(m: u32, n: u32, k_count: u32) -> mat4x4f {
  var c0 = vec4f();
  var c1 = vec4f();
  var c2 = vec4f();
  var c3 = vec4f();
  for (var k = 0u; k < k_count; k++) {
    let b = vec4f(load_b(k, n), load_b(k, n + 1u), load_b(k, n + 2u), load_b(k, n + 3u));
    c0 += load_a(m, k) * b;
    c1 += load_a(m + 1u, k) * b;
    c2 += load_a(m + 2u, k) * b;
    c3 += load_a(m + 3u, k) * b;
  }
  return mat4x4f(c0, c1, c2, c3);
}
