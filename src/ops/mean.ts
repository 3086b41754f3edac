import type { Tensor } from "../tensor.ts";
import { div } from "./binary.ts";
import { sum } from "./reduce.ts";

/** y[…] = (Σ x)/count over `axes` (default all, giving a scalar), each dropped, or kept as 1 with `keepDims`; the mean of nothing is NaN. */
export function mean(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const y = sum(x, axes, keepDims);
  return div(y, y.size === 0 ? 1 : x.size / y.size);
}
