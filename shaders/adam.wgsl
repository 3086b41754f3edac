// g += weightDecay·p; m = beta1·m + (1−beta1)·g; v = beta2·v + (1−beta2)·g²; p −= decay·p + stepSize·m / (√v·correction + epsilon): flat buffers of n
// uses lib/step

struct Params {
  n: u32, beta1: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32, epsilon: f32, weight_decay: f32,
  step_size: u32, correction: u32, decay: u32
}

@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> value: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> m: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> v: array<vec4f>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (4u * i >= params.n) { return; }
  let p = value[i];
  let g = gradient[i] + params.weight_decay * p;
  let first = params.beta1 * m[i] + params.one_minus_beta1 * g;
  let second = params.beta2 * v[i] + params.one_minus_beta2 * g * g;
  let towards = step_f32(params.step_size) * first / (sqrt(second) * step_f32(params.correction) + params.epsilon);
  let next = p - (step_f32(params.decay) * p + towards);
  // what lies behind the last of n elements stays as it is
  let ours = 4u * i + vec4u(0u, 1u, 2u, 3u) < vec4u(params.n);
  m[i] = select(m[i], first, ours);
  v[i] = select(v[i], second, ours);
  value[i] = select(p, next, ours);
}
