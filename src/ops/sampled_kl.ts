/** The KL of an encoder's posterior to the prior, estimated at the samples themselves. */
import { anyTracked, record } from "../autodiff.ts";
import { foldedGrid, type Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";

type SampledKlParams = { B: number; L: number; S: number };

/** kl[s·B+i] = ½ Σl (z² − logVar − t²), t = (z − mean)·exp(−logVar/2). */
export const sampledKlKernel: Kernel<SampledKlParams> = {
  name: "sampled_kl",
  wgsl: shaders.sampledKl,
  inputs: ["f32", "f32"],
  outputs: ["f32"],
  params: { B: "u32", L: "u32", S: "u32" },
  grid: ({ B, S }) => foldedGrid(Math.ceil((S * B) / 64)),
  cpu([z, meanLogVar], [kl], { B, L, S }) {
    for (let row = 0; row < S * B; row++) {
      const atMean = (row % B) * 2 * L;
      let sum = 0;
      for (let l = 0; l < L; l++) {
        const value = z![row * L + l]!;
        const logVar = meanLogVar![atMean + L + l]!;
        const t = (value - meanLogVar![atMean + l]!) * Math.exp(-0.5 * logVar);
        sum += value * value - logVar - t * t;
      }
      kl![row] = 0.5 * sum;
    }
  },
  cost: ({ B, L, S }) => ({ flops: 8 * S * B * L, bytes: 4 * (S * B * (L + 1) + 2 * B * L) }),
};

type SampledKlGradParams = SampledKlParams & { accumulate_z: number; accumulate_mean_log_var: number };

/** dz = c·(z − t/σ); dmean[i] = Σs c·t/σ; dlogVar[i] = Σs c·½·(t² − 1), t = (z − mean)/σ, c the cotangent of kl; what has no output is not computed. */
export const sampledKlGradKernel: Kernel<SampledKlGradParams> = {
  name: "sampled_kl_grad",
  wgsl: shaders.sampledKlGrad,
  inputs: ["f32", "f32", "f32"],
  outputs: ["f32?", "f32?"],
  params: { B: "u32", L: "u32", S: "u32", accumulate_z: "u32", accumulate_mean_log_var: "u32" },
  constants: { DZ: false, DMEAN_LOG_VAR: false },
  grid: ({ B, L }) => foldedGrid(Math.ceil((B * L) / 64)),
  cpu([z, meanLogVar, dkl], [dz, dMeanLogVar], { B, L, S, accumulate_z, accumulate_mean_log_var }, { DZ, DMEAN_LOG_VAR }) {
    for (let j = 0; j < B * L; j++) {
      const i = Math.floor(j / L);
      const atMean = i * 2 * L + (j % L);
      const inverse = Math.exp(-0.5 * meanLogVar![atMean + L]!);
      let dMean = 0;
      let dLogVar = 0;
      for (let s = 0; s < S; s++) {
        const at = (s * B + i) * L + (j % L);
        const c = dkl![s * B + i]!;
        const t = (z![at]! - meanLogVar![atMean]!) * inverse;
        if (DZ) dz![at] = (accumulate_z ? dz![at]! : 0) + c * (z![at]! - t * inverse);
        dMean += c * t * inverse;
        dLogVar += c * 0.5 * (t * t - 1);
      }
      if (!DMEAN_LOG_VAR) continue;
      dMeanLogVar![atMean] = (accumulate_mean_log_var ? dMeanLogVar![atMean]! : 0) + dMean;
      dMeanLogVar![atMean + L] = (accumulate_mean_log_var ? dMeanLogVar![atMean + L]! : 0) + dLogVar;
    }
  },
  cost: ({ B, L, S }) => ({ flops: 12 * S * B * L, bytes: 4 * (S * B * (2 * L + 1) + 4 * B * L) }),
};

/**
 * log q(z|x) − log p(z) in nats per row, [S·B], of q = N(mean, exp(logVar)) and p = N(0, I): z [S·B, L], whose row s·B + i is sample s of example i,
 * and meanLogVar [B, 2L], as `heads` makes them. At draws from q its mean is the KL (Kingma and Welling 2014, section 2.3).
 */
export function sampledKl(z: Tensor, meanLogVar: Tensor): Tensor {
  const op = "sampledKl";
  const device = check(op, { z, meanLogVar });
  const [rows = 0, L = 0] = z.shape;
  const [B = 0, columns] = meanLogVar.shape;
  if (z.shape.length !== 2 || meanLogVar.shape.length !== 2 || columns !== 2 * L || (B === 0 ? rows !== 0 : rows % B !== 0)) {
    throw new RangeError(`${op}: z is [S·B, L] and meanLogVar [B, 2L], got ${show(z.shape)} and ${show(meanLogVar.shape)}`);
  }
  const sizes = { B, L, S: B === 0 ? 0 : rows / B };
  const kl = empty(device, [rows], "f32", { tracked: anyTracked(z, meanLogVar) });
  device.run(sampledKlKernel, [z.slice, meanLogVar.slice], [kl.slice], sizes);
  record([kl], [z, meanLogVar], ([dkl], [wantZ, wantMeanLogVar]) => {
    const [dz, dMeanLogVar] = [wantZ?.write(), wantMeanLogVar?.write()];
    device.run(
      sampledKlGradKernel,
      [z.slice, meanLogVar.slice, dkl!.slice],
      [dz?.target.slice ?? null, dMeanLogVar?.target.slice ?? null],
      { ...sizes, accumulate_z: dz?.accumulate ?? 0, accumulate_mean_log_var: dMeanLogVar?.accumulate ?? 0 },
      { DZ: dz !== undefined, DMEAN_LOG_VAR: dMeanLogVar !== undefined },
    );
  });
  return kl;
}
