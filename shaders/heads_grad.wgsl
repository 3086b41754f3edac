// (d(mean), d(logVar))[i] = direct + (r·mean + Σs dz, r·½·expm1(logVar) + Σs dz·½·exp(logVar/2)·noise), [B,2L]: dz, noise [S·B,L] at row s·B+i, r the cotangent of kl[i]
// uses lib/heads_cotangent, lib/step

struct Params { B: u32, L: u32, S: u32, row: u32 }

override DIRECT: bool = false;
override ROWS: bool = false;

@group(0) @binding(0) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(1) var<storage, read> noise: array<f32>;
@group(0) @binding(2) var<storage, read> dz: array<f32>;
@group(0) @binding(3) var<storage, read> rows: array<f32>;
@group(0) @binding(4) var<storage, read> direct: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn row_factor(i: u32) -> f32 {
  if (ROWS) { return rows[i]; }
  return step_f32(params.row);
}

fn direct_at(at: u32) -> f32 {
  if (DIRECT) { return direct[at]; }
  return 0.0;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32) {
  let at = (group.x + group.y * groups.x) * 64u + local;
  if (at < params.B * 2u * params.L) { gradient[at] = heads_cotangent(at / (2u * params.L), at % (2u * params.L)); }
}
