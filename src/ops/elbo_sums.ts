/** The objective of a VAE as one number, and the sums that reports are made of. */
import { checkOptions, type Checks, NUMBER, scalar } from "../check.ts";
import { anyTracked, record, stopGradient } from "../autodiff.ts";
import type { Device, Slice } from "../device/device.ts";
import { full } from "../fill.ts";
import type { Kernel, Scalar, TypedArray } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { sum } from "./reduce.ts";
import { broadcastTo } from "./shape_ops.ts";

type SumsParams = { M: number; B: number; slot: number; nll_weight: number; kl_weight: number };

/** sums[slot] = (Σm wr·nll[m] + Σi wk·kl[i], Σm nll[m], Σi kl[i]). In f64 a weight may as well come after its sum, which cannot overflow. */
function sumRows(nll: TypedArray, kl: TypedArray, sums: TypedArray, { M, B, slot, nll_weight, kl_weight }: SumsParams): void {
  let sumNll = 0;
  let sumKl = 0;
  for (let i = 0; i < M; i++) sumNll += nll[i]!;
  for (let i = 0; i < B; i++) sumKl += kl[i]!;
  sums.set([nll_weight * sumNll + kl_weight * sumKl, sumNll, sumKl], 3 * slot);
}

export const elboSumsKernel: Kernel<SumsParams> = {
  name: "elbo_sums",
  wgsl: shaders.elboSums,
  inputs: ["f32", "f32"],
  outputs: ["f32"],
  params: { M: "u32", B: "u32", slot: "step.u32", nll_weight: "step.f32", kl_weight: "step.f32" },
  grid: () => [1],
  cpu: ([nll, kl], [sums], params) => sumRows(nll!, kl!, sums!, params),
  cost: ({ M, B }) => ({ flops: M + B, bytes: 4 * (M + B + 3) }),
};

/** The factors of Σ nll and Σ kl in the objective; numbers, or words of the step row. */
export interface RowWeights {
  readonly nll: Scalar;
  readonly kl: Scalar;
}

const WEIGHTS: Checks<keyof RowWeights> = { nll: scalar(NUMBER), kl: scalar(NUMBER) };

/**
 * objective = Σm wr·nll[m] + Σi wk·kl[i]: nll [M], kl [B] → a scalar, in nats. Its value is computed when somebody reads it; its gradient is a constant
 * for each row and launches nothing.
 */
export function weightedSums(nll: Tensor, kl: Tensor, weights: RowWeights): Tensor {
  const device = check("weightedSums", { nll, kl });
  checkOptions("weightedSums", weights, WEIGHTS, ["nll", "kl"], "the weights are");
  if (nll.shape.length !== 1 || kl.shape.length !== 1) {
    throw new RangeError(`weightedSums: nll and kl have rank 1, one value per row, got ${show(nll.shape)} and ${show(kl.shape)}`);
  }
  const value = (): Slice => {
    const sums = device.alloc("f32", 3);
    writeSums({ nll, kl, weights, sums, slot: 0 });
    return sums.view(0, 1);
  };
  return linear(device, [nll, kl], [weights.nll, weights.kl], value);
}

/**
 * objective = Σm w·rows[m]: rows [M] → a scalar, weighed before they are added, so that a sum which f32 cannot hold does not matter to a mean that it can.
 * Its value is computed when somebody reads it; its gradient is a constant and launches nothing.
 */
export function weightedSum(rows: Tensor, weight: Scalar): Tensor {
  const device = check("weightedSum", { rows });
  const value = (): Slice => device.scope(() => sum(mul(stopGradient(rows), full(device, [], weight)))).slice;
  return linear(device, [rows], [weight], value);
}

/** A scalar, made on first use, whose gradient by each of `terms` is a weight for all of its elements. */
function linear(device: Device, terms: readonly Tensor[], weights: readonly Scalar[], value: () => Slice): Tensor {
  const objective = new Tensor(device, "f32", [], value, { tracked: anyTracked(...terms) });
  record([objective], terms, ([dy], wants) => {
    terms.forEach(({ shape }, i) => {
      const uniform = full(device, shape, weights[i]!);
      wants[i]?.give(dy!.uniform === 1 ? uniform : mul(broadcastTo(dy!, shape), uniform));
    });
  });
  return objective;
}

/** nll [M] and kl [B], and where their sums go: slot number `slot` of a buffer of three values per slot. */
interface RowSums {
  readonly nll: Tensor;
  readonly kl: Tensor;
  readonly sums: Slice;
  readonly slot: Scalar;
}

/** Writes the sums that a report is made of: (objective, Σ nll, Σ kl), the objective by its weights. */
export function writeSums({ nll, kl, weights, sums, slot }: RowSums & { readonly weights: RowWeights }): void {
  const params = { M: nll.size, B: kl.size, slot, nll_weight: weights.nll, kl_weight: weights.kl };
  nll.device.run(elboSumsKernel, [nll.slice, kl.slice], [sums], params);
}

type LossSumsParams = Pick<SumsParams, "M" | "B" | "slot">;

/** sums[slot] = (objective, Σm nll[m], Σi kl[i]). */
export const lossSumsKernel: Kernel<LossSumsParams> = {
  name: "loss_sums",
  wgsl: shaders.lossSums,
  inputs: ["f32", "f32", "f32"],
  outputs: ["f32"],
  params: { M: "u32", B: "u32", slot: "step.u32" },
  grid: () => [1],
  cpu([objective, nll, kl], [sums], params) {
    sumRows(nll!, kl!, sums!, { ...params, nll_weight: 0, kl_weight: 0 });
    sums![3 * params.slot] = objective![0]!;
  },
  cost: ({ M, B }) => ({ flops: M + B, bytes: 4 * (M + B + 4) }),
};

/** The same sums for an objective that is no weighted sum of the rows: a scalar of its own. */
export function writeLossSums({ nll, kl, objective, sums, slot }: RowSums & { readonly objective: Tensor }): void {
  nll.device.run(lossSumsKernel, [objective.slice, nll.slice, kl.slice], [sums], { M: nll.size, B: kl.size, slot });
}
