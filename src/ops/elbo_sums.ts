/** The objective of a VAE as one number, and the sums that reports are made of. */
import { anyTracked, record } from "../autodiff.ts";
import type { Slice } from "../device/device.ts";
import { full } from "../fill.ts";
import type { Kernel, Scalar } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { broadcastTo } from "./shape_ops.ts";

type SumsParams = { M: number; B: number; slot: number; nll_weight: number; kl_weight: number };

/** sums[slot] = (wr·Σ nll + wk·Σ kl, Σ nll, Σ kl). */
export const elboSumsKernel: Kernel<SumsParams> = {
  name: "elbo_sums",
  wgsl: shaders.elboSums,
  inputs: ["f32", "f32"],
  outputs: ["f32"],
  params: { M: "u32", B: "u32", slot: "step.u32", nll_weight: "step.f32", kl_weight: "step.f32" },
  grid: () => [1],
  cpu([nll, kl], [sums], { M, B, slot, nll_weight, kl_weight }) {
    let sumNll = 0;
    let sumKl = 0;
    for (let i = 0; i < M; i++) sumNll += nll![i]!;
    for (let i = 0; i < B; i++) sumKl += kl![i]!;
    sums!.set([nll_weight * sumNll + kl_weight * sumKl, sumNll, sumKl], 3 * slot);
  },
  cost: ({ M, B }) => ({ flops: M + B, bytes: 4 * (M + B + 3) }),
};

/** The factors of Σ nll and Σ kl in the objective; numbers, or words of the step row. */
export interface RowWeights {
  readonly nll: Scalar;
  readonly kl: Scalar;
}

/**
 * objective = wr·Σ nll + wk·Σ kl: nll [M], kl [B] → a scalar, in nats. Its value is computed when somebody reads it; its gradient is a constant
 * for each row and launches nothing.
 */
export function weightedSums(nll: Tensor, kl: Tensor, weights: RowWeights): Tensor {
  const device = check("weightedSums", { nll, kl });
  if (nll.shape.length !== 1 || kl.shape.length !== 1) {
    throw new RangeError(`weightedSums: nll and kl have rank 1, one value per row, got ${show(nll.shape)} and ${show(kl.shape)}`);
  }
  const value = (): Slice => {
    const sums = device.alloc("f32", 3);
    writeSums(nll, kl, weights, sums, 0);
    return sums.view(0, 1);
  };
  const objective = new Tensor(device, "f32", [], value, { tracked: anyTracked(nll, kl) });
  record([objective], [nll, kl], ([dy], [wantNll, wantKl]) => {
    const rows = (of: Tensor, weight: Scalar): Tensor => {
      const uniform = full(device, of.shape, weight);
      return dy!.uniform === 1 ? uniform : mul(broadcastTo(dy!, of.shape), uniform);
    };
    wantNll?.give(rows(nll, weights.nll));
    wantKl?.give(rows(kl, weights.kl));
  });
  return objective;
}

/** Writes (objective, Σ nll, Σ kl) into slot number `slot` of a buffer of three values per slot: what reports are made of, step by step. */
export function writeSums(nll: Tensor, kl: Tensor, weights: RowWeights, sums: Slice, slot: Scalar): void {
  const params = { M: nll.size, B: kl.size, slot, nll_weight: weights.nll, kl_weight: weights.kl };
  nll.device.run(elboSumsKernel, [nll.slice, kl.slice], [sums], params);
}
