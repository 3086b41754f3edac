/** log(Σ exp(x)) and what is made of it. All subtract the maximum first, so that nothing overflows and the largest term is exp(0) = 1. */
import { anyTracked, record, stopGradient } from "../autodiff.ts";
import { normaliseAxes, normaliseAxis, reducedShape } from "../shape.ts";
import { alias, check, type Tensor } from "../tensor.ts";
import { add, div, mul, sub } from "./binary.ts";
import { max, sum } from "./reduce.ts";
import { reshape } from "./shape_ops.ts";
import { clamp, exp, log } from "./unary.ts";

/** The largest finite f32. */
const MAX = 2 ** 128 - 2 ** 104;

/** The maximum over the axes, kept as 1; finite, so that subtracting it from ±∞ is not NaN. */
function shiftOf(x: Tensor, axes: readonly number[]): Tensor {
  return clamp(max(x, axes, true), -MAX, MAX);
}

/** y[…] = log(Σ exp(x)) over `axes` (default all), each dropped, or kept as 1 with `keepDims`; −∞ where all x are −∞, ∞ where one is ∞. Its gradient is softmax(x). */
export function logSumExp(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const device = check("logSumExp", { x });
  const reduced = normaliseAxes("logSumExp", axes, x.shape);
  const [shift, total, value] = device.scope(() => {
    const constant = stopGradient(x);
    const m = shiftOf(constant, reduced);
    const s = sum(exp(sub(constant, m)), reduced, true);
    return [m, s, add(log(s), m)] as const;
  });
  const kept = value.shape;
  const y = alias(value, reducedShape(x.shape, reduced, keepDims), { tracked: anyTracked(x) });
  record([y], [x], ([dy], [want]) => want?.give(mul(exp(sub(x, shift)), div(reshape(dy!, kept), total))));
  return y;
}

/** y = exp(x)/(Σ exp(x)) along `axis`; NaN for all where one x is ∞ or NaN, or all are −∞, as in PyTorch. */
export function softmax(x: Tensor, axis = -1): Tensor {
  const device = check("softmax", { x });
  const axes = [normaliseAxis("softmax", axis, x.shape)];
  if (x.size === 0) return reshape(x, x.shape);
  const y = device.scope(() => {
    const constant = stopGradient(x);
    const e = exp(sub(constant, max(constant, axes, true)));
    return div(e, sum(e, axes, true));
  });
  const result = alias(y, x.shape, { tracked: anyTracked(x) });
  record([result], [x], ([dy], [want]) => want?.give(mul(y, sub(dy!, sum(mul(y, dy!), axes, true)))));
  return result;
}

/** y = x − log(Σ exp(x)) along `axis`; NaN for all where one x is ∞ or NaN, or all are −∞, as in PyTorch. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  const device = check("logSoftmax", { x });
  const axes = [normaliseAxis("logSoftmax", axis, x.shape)];
  if (x.size === 0) return reshape(x, x.shape);
  const y = device.scope(() => {
    const constant = stopGradient(x);
    const shifted = sub(constant, max(constant, axes, true));
    return sub(shifted, log(sum(exp(shifted), axes, true)));
  });
  const result = alias(y, x.shape, { tracked: anyTracked(x) });
  record([result], [x], ([dy], [want]) => want?.give(sub(dy!, mul(exp(y), sum(dy!, axes, true)))));
  return result;
}
