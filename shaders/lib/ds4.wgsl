// ds4(m, n) = ds[m, n … n + 3], element by element, for a ds that is computed and not loaded; beyond N it is that of the last column

fn ds4(m: u32, n: u32) -> vec4f {
  let last = params.N - 1u;
  return vec4f(ds(m, min(n, last)), ds(m, min(n + 1u, last)), ds(m, min(n + 2u, last)), ds(m, min(n + 3u, last)));
}
