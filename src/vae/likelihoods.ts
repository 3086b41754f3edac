/** Likelihoods p(x|z): how the decoder's last layer becomes a loss, and its outputs become data. */
import type { Dataset } from "../data/dataset.ts";
import { denseBernoulliNll } from "../ops/dense_nll.ts";
import type { BatchRows } from "../ops/rows.ts";
import { sigmoid } from "../ops/unary.ts";
import type { Tensor } from "../tensor.ts";

export interface Likelihood {
  readonly name: string;
  /** Outputs of the last layer for D data columns. */
  columns(D: number): number;
  /** Throws if the data cannot come from this distribution. */
  check(data: Dataset): void;
  /** −log p(x|h) in nats per row, [S·B]: h [S·B, H], W [H, columns], b [columns], x [B, D]. */
  nll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows): Tensor;
  /** The distribution's mean from the last layer's outputs, [B, D]. */
  mean(outputs: Tensor): Tensor;
}

/** Pixels in [0, 1], each a Bernoulli variable with its own logit; grey values count as probabilities (cross-entropy). */
export function bernoulli(): Likelihood {
  return {
    name: "bernoulli",
    columns: (D) => D,
    check({ firstOutsideUnit: cell }) {
      if (!cell) return;
      const { value, row, column } = cell;
      throw new RangeError(`bernoulli: data must lie in [0, 1], found ${value} at row ${row}, column ${column} (divide by 255, or use gaussian())`);
    },
    nll: denseBernoulliNll,
    mean: sigmoid,
  };
}
