// (mean, logVar)[i] = h[i]·W + b; z[s·B+i,l] = mean + exp(logVar/2)·noise; kl[i] = ½ Σl (mean² + expm1(logVar) − logVar): h [B,H], W [H,2L], b [2L], noise [S·B,L]
// uses lib/gemm_rows, lib/load_b4, lib/store_row, lib/rows, lib/philox, lib/math

struct Params { B: u32, H: u32, L: u32, S: u32, k0: u32, k1: u32, offset: u32, scale: f32, shift: f32 }

// The noise is drawn, and written where KEEP, or else given.
override KEYED: bool = false;
override KEEP: bool = false;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> W: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> noise: array<f32>;
@group(0) @binding(5) var<storage, read_write> z: array<f32>;
@group(0) @binding(6) var<storage, read_write> kl: array<f32>;
@group(0) @binding(7) var<storage, read_write> mean_log_var: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn noise_at(at: u32) -> f32 {
  if (!KEYED) { return noise[at]; }
  let drawn = normal_at(at, vec2u(step_u32(params.k0), step_u32(params.k1)));
  if (KEEP) { noise[at] = drawn; }
  return drawn;
}

fn gemm_size() -> vec3u { return vec3u(params.B, 2u * params.L, params.H); }

fn row_of_a(i: u32) -> u32 { return data_row(min(i, params.B - 1u)) * params.H; }

fn column_of_a(k: u32) -> u32 { return k; }

fn load_a(row: u32, k: u32) -> f32 { return load_x(row + k); }

fn load_b(k: u32, n: u32) -> f32 { return W[k * 2u * params.L + min(n, 2u * params.L - 1u)]; }

fn store(i: u32, n: u32, value: f32) { mean_log_var[i * 2u * params.L + n] = value; }

// Mean and log-variance of one latent lie in columns, and maybe tiles, of their own: both are read again when the rows are whole, and get their bias.
fn after_band(first: u32, local: u32) {
  let L = params.L;
  for (var j = local; j < min(tile_size().x, params.B - first) * slots(); j += THREADS) {
    let i = first + j / slots();
    var sum = 0.0;
    for (var l = j % slots(); l < L; l += slots()) {
      let at_mean = i * 2u * L + l;
      let mean = mean_log_var[at_mean] + bias[l];
      let log_var = mean_log_var[at_mean + L] + bias[L + l];
      mean_log_var[at_mean] = mean;
      mean_log_var[at_mean + L] = log_var;
      sum += 0.5 * (mean * mean + expm1_minus(log_var));
      let deviation = exp(0.5 * log_var);
      for (var s = 0u; s < params.S; s++) {
        let at = (s * params.B + i) * L + l;
        z[at] = mean + deviation * noise_at(at);
      }
    }
    partial[j] = sum;
  }
}

fn store_sum(i: u32, sum: f32) { kl[i] = sum; }
