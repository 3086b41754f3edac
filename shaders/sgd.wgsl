// g += weightDecay·p; MOMENTUM: m = momentum·m + g; p −= learningRate·d, d = g + momentum·m with NESTEROV, else m with MOMENTUM, else g: flat buffers of n
// uses lib/step

struct Params { n: u32, momentum: f32, weight_decay: f32, learning_rate: u32 }

override MOMENTUM: bool = false;
override NESTEROV: bool = false;

@group(0) @binding(0) var<storage, read> gradient: array<f32>;
@group(0) @binding(1) var<storage, read_write> value: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (group.x + group.y * groups.x) * 256u + local;
  if (i >= params.n) { return; }
  let g = gradient[i] + params.weight_decay * value[i];
  var direction = g;
  if (MOMENTUM) {
    let velocity = params.momentum * m[i] + g;
    m[i] = velocity;
    direction = select(velocity, g + params.momentum * velocity, NESTEROV);
  }
  value[i] -= step_f32(params.learning_rate) * direction;
}
