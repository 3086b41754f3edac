/** Variances that are learned: how far they may fall, and draws with them. */
import { type Checks, number } from "../../check.ts";
import type { KeyWords } from "../../kernel.ts";
import { add, logAddExp, mul } from "../../ops/binary.ts";
import { normal } from "../../ops/random_ops.ts";
import { exp } from "../../ops/unary.ts";
import type { Tensor } from "../../tensor.ts";

/** The least variance of a normal likelihood that learns it. */
export interface FloorOptions {
  /**
   * The variance that is never fallen below, in squared units of the data; default 1e-6, and 0 is none. The variance is √(exp(logVar)² + floor²):
   * to f32's last bit exp(logVar) where that is 5000 times the floor or more, and a gradient leads back from below.
   */
  readonly floor?: number;
}

export const FLOOR: Checks<keyof FloorOptions> = { floor: number("is a variance of at least 0", (x) => x >= 0 && x < Infinity) };

/** log √(exp(logVar)² + floor²). */
export function floored(logVar: Tensor, floor: number): Tensor {
  return floor === 0 ? logVar : mul(logAddExp(mul(logVar, 2), 2 * Math.log(floor)), 0.5);
}

/** mean + exp(logVar/2)·noise. */
export function gaussianDraw(mean: Tensor, logVar: Tensor, key: KeyWords): Tensor {
  return add(mean, mul(exp(mul(logVar, 0.5)), normal(mean.device, mean.shape, key)));
}
