/** The kernels of objectives that draw several samples. */
import { iwaeKernel } from "../../ops/iwae.ts";
import { sampledKlGradKernel, sampledKlKernel } from "../../ops/sampled_kl.ts";
import type { Subject } from "./subject.ts";
import { subject } from "./subject_of.ts";

const iwae = subject(iwaeKernel, {
  sizes: { B: 128, S: 5 },
  edges: [
    { B: 1, S: 1 },
    { B: 63, S: 3 },
    { B: 65, S: 17 },
  ],
  operands: ({ B, S }, draw) => ({
    inputs: [draw.normals(S * B, 3), draw.normals(S * B)],
    outputs: [B, S * B],
    params: { B, S, log_samples: Math.log(S) },
  }),
  terms: ({ S }) => S + 2,
});

const sampledKl = subject(sampledKlKernel, {
  sizes: { B: 128, L: 20, S: 5 },
  edges: [
    { B: 1, L: 1, S: 1 },
    { B: 13, L: 20, S: 5 },
    { B: 64, L: 3, S: 1 },
  ],
  operands: ({ B, L, S }, draw) => ({ inputs: [draw.normals(S * B * L), draw.normals(2 * B * L)], outputs: [S * B], params: { B, L, S } }),
  terms: ({ L }) => 3 * L,
});

const sampledKlGrad = subject(sampledKlGradKernel, {
  sizes: { B: 128, L: 20, S: 5, DZ: 1, DMEAN_LOG_VAR: 1, accumulate: 0 },
  edges: [
    { B: 1, L: 1, S: 1, DMEAN_LOG_VAR: 0 },
    { B: 13, L: 5, S: 3, accumulate: 1 },
    { B: 16, L: 4, S: 1, DZ: 0 },
  ],
  operands({ B, L, S, DZ, DMEAN_LOG_VAR, accumulate }, draw) {
    const [z, meanLogVar] = [S * B * L, 2 * B * L];
    return {
      inputs: [draw.normals(z), draw.normals(meanLogVar), draw.normals(S * B)],
      outputs: [DZ ? (accumulate ? draw.normals(z) : z) : null, DMEAN_LOG_VAR ? (accumulate ? draw.normals(meanLogVar) : meanLogVar) : null],
      params: { B, L, S, accumulate_z: accumulate, accumulate_mean_log_var: accumulate },
      constants: { DZ: DZ === 1, DMEAN_LOG_VAR: DMEAN_LOG_VAR === 1 },
    };
  },
  terms: ({ S }) => 2 * S + 2,
});

export const objectives: readonly Subject[] = [iwae, sampledKl, sampledKlGrad];
