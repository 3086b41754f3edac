/** Measurements whose variances come from the decoder. */
import { checkOptions } from "../../check.ts";
import { gaussianNll } from "../../ops/probability.ts";
import { slice } from "../../ops/shape_ops.ts";
import type { Tensor } from "../../tensor.ts";
import { composedNll } from "./composed_nll.ts";
import type { Likelihood } from "./likelihood.ts";
import { FLOOR, type FloorOptions, floored, gaussianDraw } from "./variance.ts";

/** −log N(x; mean, var): means and log-variances from the decoder, which has 2D outputs, means first. */
export function gaussianHead(options: FloorOptions = {}): Likelihood {
  checkOptions("gaussianHead", options, FLOOR);
  const { floor = 1e-6 } = options;
  const logVarOf = (outputs: Tensor): Tensor => floored(meanOrLogVar(outputs, 1), floor);
  return {
    name: "gaussianHead",
    options: { floor },
    columns: (D) => 2 * D,
    check: () => undefined,
    nll: (h, W, b, x) => composedNll(h, W, b, x, (outputs, data) => gaussianNll(meanOrLogVar(outputs, 0), logVarOf(outputs), data)),
    mean: (outputs) => meanOrLogVar(outputs, 0),
    drawsByRow: true,
    sample: (outputs, key) => gaussianDraw(meanOrLogVar(outputs, 0), logVarOf(outputs), key),
  };
}

/** `gaussianHead` of options as they stand in a file. */
export function readGaussianHead(options: unknown): Likelihood {
  return gaussianHead(options as FloorOptions);
}

/** The first or the second half of the last dimension. */
function meanOrLogVar(outputs: Tensor, which: 0 | 1): Tensor {
  const D = outputs.shape.at(-1)! / 2;
  const begin = outputs.shape.map(() => 0);
  return slice(outputs, begin.with(-1, which * D), outputs.shape.with(-1, (which + 1) * D));
}
