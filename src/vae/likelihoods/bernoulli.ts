/** Pixels that are on or off. */
import { checkOptions } from "../../check.ts";
import { binarise } from "../../ops/binarise.ts";
import { denseBernoulliNll } from "../../ops/dense_nll.ts";
import { rowsToTensor } from "../../ops/rows_to_tensor.ts";
import { sigmoid } from "../../ops/unary.ts";
import type { Likelihood } from "./likelihood.ts";
import { unitInterval } from "./unit_interval.ts";

/** −log p(x) = max(l, 0) − x·l + log(1 + exp(−|l|)): pixels in [0, 1], each with its own logit l; grey values count as probabilities (cross-entropy). */
export function bernoulli(): Likelihood {
  return {
    name: "bernoulli",
    options: {},
    discrete: true,
    columns: (D) => D,
    support: [0, 1],
    check: unitInterval("bernoulli"),
    nll: denseBernoulliNll,
    mean: sigmoid,
    drawsByRow: true,
    sample: (logits, key) => rowsToTensor(binarise(sigmoid(logits), key)),
  };
}

/** `bernoulli` of options as they stand in a file. */
export function readBernoulli(options: unknown): Likelihood {
  checkOptions("bernoulli", options, {});
  return bernoulli();
}
