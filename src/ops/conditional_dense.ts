/** The dense layer of a conditional model: one bias for each label, which is what a one-hot label beside the input amounts to. */
import { checkOptions } from "../check.ts";
import { show } from "../shape.ts";
import { check, checkBelow, type Tensor } from "../tensor.ts";
import { activation, type ActivationName, activations } from "./activation.ts";
import { add } from "./binary.ts";
import { dense, DENSE_OPTIONS, type DenseOptions } from "./dense.ts";
import { gatherRows } from "./gather_rows.ts";
import { asRows, type BatchRows } from "./rows.ts";
import { reshape } from "./shape_ops.ts";
import { unaryOp } from "./unary_op.ts";

/** The activations as ops of their own. */
const applied: Readonly<Record<string, (x: Tensor) => Tensor>> = Object.fromEntries(
  Object.entries(activations).map(([name, row]) => [name, name === "identity" ? (x: Tensor) => x : unaryOp<[]>(row)]),
);

/**
 * y = f(x·W + b + condition[label]): x [S·B, K] or a batch of K columns, W [K, N], b [N], condition [C, N], labels u32 [B] → y [S·B, N]. Row s·B + i of x
 * has label i. With one-hot labels it is f((x ∥ onehot)·(W ∥ condition) + b), Sohn et al. 2015's condition; its gradient adds up by label.
 */
export function conditionalDense(x: Tensor | BatchRows, W: Tensor, b: Tensor, condition: Tensor, labels: Tensor, options: DenseOptions = {}): Tensor {
  const op = "conditionalDense";
  checkOptions(op, options, DENSE_OPTIONS);
  const name: ActivationName = options.activation ?? "identity";
  activation(op, name);
  check(op, { condition });
  check(op, { W }, "f32", "f16");
  check(op, { labels }, "u32");
  const { rows } = asRows(op, "x", x);
  const [B = 0] = labels.shape;
  const N = W.shape[1]!;
  if (condition.shape.length !== 2 || condition.shape[1] !== N) {
    throw new RangeError(`${op}: condition is [classes, outputs], got ${show(condition.shape)} for W of ${show(W.shape)}`);
  }
  if (labels.shape.length !== 1 || (B === 0 ? rows !== 0 : rows % B !== 0)) {
    throw new RangeError(`${op}: there is one label for each of B rows, x being [S·B, K], got labels ${show(labels.shape)} for ${rows} rows`);
  }
  checkBelow(op, "labels", labels, condition.shape[0]!);
  const sums = reshape(dense(x, W, b), [B === 0 ? 0 : rows / B, B, N]);
  return applied[name]!(reshape(add(sums, gatherRows(condition, labels)), [rows, N]));
}
