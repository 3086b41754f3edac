// straddle(low, high, by): the elements by … by + 3 of eight, by < 4, low and high being neighbours in an array<vec4f>

// One load of a vec4 costs little more than one of an element. Rows whose length is a multiple of 4 are whole vec4s: only others need two loads and this.
fn straddle(low: vec4f, high: vec4f, by: u32) -> vec4f {
  let up_to_one = select(low, vec4f(low.yzw, high.x), by == 1u);
  let from_two = select(vec4f(low.zw, high.xy), vec4f(low.w, high.xyz), by == 3u);
  return select(up_to_one, from_two, by >= 2u);
}
