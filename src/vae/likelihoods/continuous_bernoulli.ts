/** Grey values as a density on [0, 1]. */
import { checkOptions } from "../../check.ts";
import { bernoulliNll, sub } from "../../ops/binary.ts";
import { continuousBernoulliQuantile } from "../../ops/continuous_bernoulli.ts";
import { uniform } from "../../ops/random_ops.ts";
import { continuousBernoulliLogNormaliser, continuousBernoulliMean } from "../../ops/unary.ts";
import { composedNll } from "./composed_nll.ts";
import type { Likelihood } from "./likelihood.ts";
import { unitInterval } from "./unit_interval.ts";

/**
 * −log p(x) = max(l, 0) − x·l + log(1 + exp(−|l|)) − log(l/tanh(l/2)): values in [0, 1], each with its own logit l, under a density that is
 * normalised there, as the Bernoulli's cross-entropy of grey values is not (Loaiza-Ganem and Cunningham 2019). May be negative.
 */
export function continuousBernoulli(): Likelihood {
  return {
    name: "continuousBernoulli",
    options: {},
    columns: (D) => D,
    support: [0, 1],
    check: unitInterval("continuousBernoulli"),
    nll: (h, W, b, x) => composedNll(h, W, b, x, (logits, data) => sub(bernoulliNll(logits, data), continuousBernoulliLogNormaliser(logits))),
    mean: continuousBernoulliMean,
    drawsByRow: true,
    sample: (logits, key) => continuousBernoulliQuantile(logits, uniform(logits.device, logits.shape, key)),
  };
}

/** `continuousBernoulli` of options as they stand in a file. */
export function readContinuousBernoulli(options: unknown): Likelihood {
  checkOptions("continuousBernoulli", options, {});
  return continuousBernoulli();
}
