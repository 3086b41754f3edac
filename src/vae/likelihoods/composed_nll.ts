/** The plain form of every likelihood: a dense layer, a loss for each feature, and the sum over features. */
import { checkValue, FUNCTION } from "../../check.ts";
import { dense } from "../../ops/dense.ts";
import { sum } from "../../ops/reduce.ts";
import { asRows, type BatchRows } from "../../ops/rows.ts";
import { rowsToTensor } from "../../ops/rows_to_tensor.ts";
import { reshape } from "../../ops/shape_ops.ts";
import { sameShape, show } from "../../shape.ts";
import { check, type Tensor } from "../../tensor.ts";

/** −log p(x|outputs) in nats, [S, B, D], for outputs [S, B, columns] and x [B, D]. */
export type FeatureNll = (outputs: Tensor, x: Tensor) => Tensor;

/**
 * Σd of each(h·W + b, x) in nats per row, [S·B]: h [S·B, H], W [H, columns], b [columns], x [B, D]; row s·B + i of h is scored on row i of x.
 */
export function composedNll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, each: FeatureNll): Tensor {
  check("nll", { h });
  checkValue("nll", "the loss of each feature", each, FUNCTION);
  const { rows: B, columns: D } = asRows("nll", "x", x);
  const M = h.shape[0] ?? 0;
  if (B === 0 || M % B !== 0) {
    throw new RangeError(
      `nll: the rows of h are a multiple of the rows of x, got h ${show(h.shape)} and x [${B}, ${D}] (S samples are rows s·B + i)`,
    );
  }
  const outputs = dense(h, W, b);
  const nll = each(reshape(outputs, [M / B, B, outputs.shape[1]!]), rowsToTensor(x));
  check("nll", { "the loss of each feature": nll });
  if (!sameShape(nll.shape, [M / B, B, D])) {
    throw new RangeError(
      `nll: a loss for each feature has shape ${show([M / B, B, D])}, got ${show(nll.shape)} (outputs are ${show(outputs.shape)})`,
    );
  }
  return reshape(sum(nll, [2]), [M]);
}
