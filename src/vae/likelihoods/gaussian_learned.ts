/** Measurements with a learned variance for each column. */
import { checkOptions } from "../../check.ts";
import { lazySpec } from "../../nn/parameters.ts";
import { denseGaussianNll } from "../../ops/dense_nll.ts";
import type { Tensor } from "../../tensor.ts";
import type { Likelihood, OwnTensors } from "./likelihood.ts";
import { FLOOR, type FloorOptions, floored, gaussianDraw } from "./variance.ts";

const LOG_VAR = "likelihood.logVar";

/** −log N(x; mean, var): means from the decoder, and a variance for each feature, learned as the parameter `likelihood.logVar` [D], at first 1. */
export function gaussianLearned(options: FloorOptions = {}): Likelihood {
  checkOptions("gaussianLearned", options, FLOOR);
  const { floor = 1e-6 } = options;
  const logVarOf = (own: OwnTensors | undefined): Tensor => {
    const logVar = own?.get(LOG_VAR);
    if (!logVar) throw new TypeError(`gaussianLearned: own holds "${LOG_VAR}", got none (pass the model's tensors)`);
    return floored(logVar, floor);
  };
  return {
    name: "gaussianLearned",
    options: { floor },
    columns: (D) => D,
    parameters: (D) => [lazySpec(LOG_VAR, [D], () => new Float64Array(D))],
    check: () => undefined,
    nll: (h, W, b, x, own) => denseGaussianNll(h, W, b, logVarOf(own), x),
    mean: (means) => means,
    drawsByRow: true,
    sample: (means, key, own) => gaussianDraw(means, logVarOf(own), key),
  };
}

/** `gaussianLearned` of options as they stand in a file. */
export function readGaussianLearned(options: unknown): Likelihood {
  return gaussianLearned(options as FloorOptions);
}
