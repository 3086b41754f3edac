// load_x(m, k) = raw[r, k]·scale + shift, r = index[offset + m] where GATHER, else offset + m; raw is f32, or bytes where U8
// uses lib/step

override U8: bool = false;
override GATHER: bool = false;

fn load_x(m: u32, k: u32, columns: u32) -> f32 {
  var r = step_u32(params.offset) + m;
  if (GATHER) { r = index[r]; }
  let i = r * columns + k;
  var raw: f32;
  if (U8) { raw = f32((x[i / 4u] >> (8u * (i % 4u))) & 0xffu); } else { raw = bitcast<f32>(x[i]); }
  return raw * params.scale + params.shift;
}
