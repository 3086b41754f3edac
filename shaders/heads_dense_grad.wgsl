// dx, dW and db of dense_grad for the heads: ds [B,2L] = (d(mean), d(logVar)) of heads_grad: h [B,H], W [H,2L], noise, dz [S·B,L]
// uses lib/gemm_pair, lib/grad_input, lib/grad_weight again, lib/ds4, lib/heads_cotangent, lib/step

struct Params { B: u32, L: u32, S: u32, row: u32, M: u32, N: u32, K: u32, accumulate: u32, weight_mode: u32, bias_mode: u32 }

@group(0) @binding(0) var<storage, read> h: array<f32>;
@group(0) @binding(1) var<storage, read> mean_log_var: array<f32>;
@group(0) @binding(2) var<storage, read> noise: array<f32>;
@group(0) @binding(3) var<storage, read> dz: array<f32>;
@group(0) @binding(4) var<storage, read> W: array<f32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;
@group(0) @binding(6) var<storage, read_write> dW: array<f32>;
@group(0) @binding(7) var<storage, read_write> db: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// The gradient of (mean, logVar) is not stored: whoever needs an element computes it.
fn ds(i: u32, j: u32) -> f32 { return heads_cotangent(i, j); }

fn factor() -> f32 { return 1.0; }

fn row_factor(i: u32) -> f32 { return step_f32(params.row); }

fn direct_at(at: u32) -> f32 { return 0.0; }

fn data_row(m: u32) -> u32 { return m; }

fn load_x(i: u32) -> f32 { return h[i]; }
