// strided(i, shape, strides) = Σd index_d·strides_d, where index is the row-major position i in a shape of rank 4

fn strided(i: u32, shape: vec4u, strides: vec4u) -> u32 {
  let rows = i / shape.w;
  let planes = rows / shape.z;
  return dot(vec4u(planes / shape.y, planes % shape.y, rows % shape.z, i % shape.w), strides);
}
