// load_b4(k, n): four columns of B by four loads of one, for a B that is not bound as vec4; the including shader defines load_b(k, n)

fn load_b4(k: u32, n: u32) -> vec4f { return vec4f(load_b(k, n), load_b(k, n + 1u), load_b(k, n + 2u), load_b(k, n + 3u)); }
