// load_x(r·columns + k) = raw[r, k]·scale + shift, r = data_row(m) = index[offset + m] where GATHER, else offset + m; raw is f32, or bytes where U8
// uses lib/step

override U8: bool = false;
override GATHER: bool = false;

fn data_row(m: u32) -> u32 {
  let r = step_u32(params.offset) + m;
  if (GATHER) { return index[r]; }
  return r;
}

fn load_x(i: u32) -> f32 {
  var raw: f32;
  if (U8) { raw = f32((x[i / 4u] >> (8u * (i % 4u))) & 0xffu); } else { raw = bitcast<f32>(x[i]); }
  return raw * params.scale + params.shift;
}
