// norm(begin, end, local) = √(Σ x[i]²), begin ≤ i < end, by a workgroup of 256; NaN if any is NaN; the including shader binds x: array<f32>

var<workgroup> lanes: array<f32, 256>;

// The elements are divided by the largest before they are squared, so that no square overflows, or vanishes beside the others.
fn norm(begin: u32, end: u32, local: u32) -> f32 {
  var largest = 0.0;
  for (var i = begin + local; i < end; i += 256u) { largest = max(largest, abs(x[i])); }
  lanes[local] = largest;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { lanes[local] = max(lanes[local], lanes[local + half]); }
  }
  workgroupBarrier();
  let scale = select(lanes[0], 1.0, lanes[0] == 0.0);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = begin + local; i < end; i += 256u) { sum += (x[i] / scale) * (x[i] / scale); }
  lanes[local] = sum;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (local < half) { lanes[local] += lanes[local + half]; }
  }
  workgroupBarrier();
  return scale * sqrt(lanes[0]);
}
