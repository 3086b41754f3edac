/** Measurements with one fixed variance. */
import { checkOptions, type Checks, POSITIVE } from "../../check.ts";
import { add, mul } from "../../ops/binary.ts";
import { denseGaussianNll } from "../../ops/dense_nll.ts";
import { normal } from "../../ops/random_ops.ts";
import type { Likelihood } from "./likelihood.ts";

/** The variance of a normal likelihood. */
export interface GaussianOptions {
  /** In squared units of the data; default 1. */
  readonly variance?: number;
}

const OPTIONS: Checks<keyof GaussianOptions> = { variance: POSITIVE };

/** −log N(x; mean, variance): means from the decoder, and one fixed variance for all features. */
export function gaussian(options: GaussianOptions = {}): Likelihood {
  checkOptions("gaussian", options, OPTIONS);
  const { variance = 1 } = options;
  return {
    name: "gaussian",
    options: { variance },
    columns: (D) => D,
    check: () => undefined,
    nll: (h, W, b, x) => denseGaussianNll(h, W, b, Math.log(variance), x),
    mean: (means) => means,
    drawsByRow: true,
    sample: (means, key) => add(means, mul(normal(means.device, means.shape, key), Math.sqrt(variance))),
  };
}

/** `gaussian` of options as they stand in a file. */
export function readGaussian(options: unknown): Likelihood {
  return gaussian(options as GaussianOptions);
}
