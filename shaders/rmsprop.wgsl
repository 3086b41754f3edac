// g += weightDecay·p; v = alpha·v + (1−alpha)·g²; p −= learningRate·g / (√v + epsilon): flat buffers of n
// uses lib/step

struct Params { n: u32, alpha: f32, one_minus_alpha: f32, epsilon: f32, weight_decay: f32, learning_rate: u32 }

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = gradient[i] + params.weight_decay * value[i];
  let second = params.alpha * v[i] + params.one_minus_alpha * g * g;
  v[i] = second;
  value[i] -= step_f32(params.learning_rate) * g / (sqrt(second) + params.epsilon);
}
