/** Draws from the continuous Bernoulli (Loaiza-Ganem and Cunningham 2019); its log normaliser and its mean are in the unary table. */
import type { Kernel } from "../kernel.ts";
import { sameShape, show } from "../shape.ts";
import * as shaders from "../shaders.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { binaryKernel, binaryParams, type BinaryParams } from "./binary_kernel.ts";

/** F(x; l) = 1 − F(1 − x; −l): the side of negative logits serves both, and nothing overflows. */
function quantile(l: number, u: number): number {
  const size = Math.max(Math.abs(l), 1e-9);
  const x = Math.min(Math.max(Math.log1p((l < 0 ? u : 1 - u) * Math.expm1(-size)) / -size, 0), 1);
  return l < 0 ? x : 1 - x;
}

/** y = log(1 + u·(exp(l) − 1))/l, u at l = 0. */
export const quantileKernel: Kernel<BinaryParams> = binaryKernel({
  name: "continuous_bernoulli_quantile",
  wgsl: shaders.continuousBernoulliQuantile,
  f: quantile,
});

/** log(1 + u·(exp(l) − 1))/l, u at l = 0: the inverse distribution function at u in (0, 1), element by element, for logits l. A constant. */
export function continuousBernoulliQuantile(logits: Tensor, u: Tensor): Tensor {
  const device = check("continuousBernoulliQuantile", { logits, u });
  if (!sameShape(logits.shape, u.shape)) {
    throw new RangeError(`continuousBernoulliQuantile: logits and u have one shape, got ${show(logits.shape)} and ${show(u.shape)}`);
  }
  const x = empty(device, logits.shape, "f32", { tracked: false });
  device.run(quantileKernel, [logits.slice, u.slice], [x.slice], binaryParams(logits.shape, u.shape, x.shape));
  return x;
}
