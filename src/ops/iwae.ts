/** The importance-weighted bound, and the weights that its samples have in it. */
import { checkValue, COUNT } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import { foldedGrid, type Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { reshape } from "./shape_ops.ts";

type IwaeParams = { B: number; S: number; log_samples: number };

/** log 2^-63: a smaller weight is lost in the rounding of the sum, and as a factor it would make products of slow, denormal numbers. */
const NEGLIGIBLE = -63 * Math.LN2;

/** negBound[i] = −log((1/S)·Σs w), w = exp(−nll − kl) of row s·B+i; weights = w/(Σs w). The largest w is taken out, so that nothing overflows. */
export const iwaeKernel: Kernel<IwaeParams> = {
  name: "iwae",
  wgsl: shaders.iwae,
  inputs: ["f32", "f32"],
  outputs: ["f32", "f32"],
  params: { B: "u32", S: "u32", log_samples: "f32" },
  grid: ({ B }) => foldedGrid(Math.ceil(B / 64)),
  cpu([nll, kl], [negBound, weights], { B, S, log_samples }) {
    const loss = (row: number): number => nll![row]! + kl![row]!;
    for (let i = 0; i < B; i++) {
      let best = i;
      for (let row = i; row < S * B; row += B) if (loss(row) < loss(best)) best = row;
      const weightOf = (difference: number): number => (difference < NEGLIGIBLE ? 0 : Math.exp(difference));
      let rest = 0;
      for (let row = i; row < S * B; row += B) if (row !== best) rest += weights![row] = weightOf(loss(best) - loss(row));
      weights![best] = 1;
      for (let row = i; row < S * B; row += B) weights![row]! /= 1 + rest;
      negBound![i] = loss(best) - Math.log1p(rest) + log_samples;
    }
  },
  cost: ({ B, S }) => ({ flops: 12 * S * B, bytes: 4 * (3 * S * B + B) }),
};

/** The bound of B examples from S weighted samples. */
export interface ImportanceBound {
  /** In nats, [B]. */
  readonly negBound: Tensor;
  /** w/(Σs w), each example's adding up to 1, [S·B]: a constant. */
  readonly weights: Tensor;
}

/**
 * negBound = −log((1/S)·Σs exp(−nll − kl)) in nats, [B] (Burda et al. 2016, equation 8): nll [S·B] is −log p(x|z), kl [S·B] is log q(z|x) − log p(z),
 * and row s·B + i is sample s of example i. With one sample it is nll + kl, to the bit.
 */
export function importanceBound(nll: Tensor, kl: Tensor, samples: number): ImportanceBound {
  const op = "importanceBound";
  const device = check(op, { nll, kl });
  checkValue(op, "samples", samples, COUNT);
  const [rows] = nll.shape;
  if (nll.shape.length !== 1 || kl.shape.length !== 1 || kl.shape[0] !== rows || rows! % samples !== 0) {
    throw new RangeError(`${op}: nll and kl are [S·B] for S = ${samples}, got ${show(nll.shape)} and ${show(kl.shape)}`);
  }
  const B = rows! / samples;
  const negBound = empty(device, [B], "f32", { tracked: anyTracked(nll, kl) });
  const weights = empty(device, [rows!], "f32", { tracked: false });
  device.run(iwaeKernel, [nll.slice, kl.slice], [negBound.slice, weights.slice], { B, S: samples, log_samples: Math.log(samples) });
  record([negBound], [nll, kl], ([dy], wants) => {
    const rowCotangents = reshape(mul(reshape(weights, [samples, B]), dy!), [rows!]);
    for (const want of wants) want?.give(rowCotangents);
  });
  return { negBound, weights };
}
