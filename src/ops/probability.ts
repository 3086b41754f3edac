/** Element-wise probability in nats, composed of other ops; `bernoulliNll` and `gaussianKl` have kernels of their own (binary.ts). */
import { zeros } from "../fill.ts";
import { show } from "../shape.ts";
import { check, checkBelow, type Tensor } from "../tensor.ts";
import { add, gaussianKl, mul, type Operand, sub } from "./binary.ts";
import { gatherRows } from "./gather_rows.ts";
import { oneHot } from "./one_hot.ts";
import { sum } from "./reduce.ts";
import { where } from "./shape_ops.ts";
import { logSoftmax } from "./softmax.ts";
import { exp, neg, square } from "./unary.ts";

const LOG_2PI = Math.log(2 * Math.PI);

/** −log N(x; mean, exp(logVar)) = ½·(log 2π + logVar + ((x − mean)·exp(−logVar/2))²) in nats, element by element; broadcasts. */
export function gaussianNll(mean: Tensor, logVar: Operand, x: Tensor): Tensor {
  check("gaussianNll", { mean, x });
  const scaled = mul(sub(x, mean), inverseDeviation(logVar));
  return mul(add(add(square(scaled), logVar), LOG_2PI), 0.5);
}

/**
 * KL(N(mean, exp(logVar)) ‖ N(priorMean, exp(priorLogVar))) in nats, element by element; broadcasts. It is that to N(0, 1) after shifting and
 * scaling both by the prior's: ½·(((mean − priorMean)·exp(−priorLogVar/2))² + exp(d) − 1 − d) with d = logVar − priorLogVar.
 */
export function gaussianKlBetween(mean: Tensor, logVar: Tensor, priorMean: Tensor, priorLogVar: Tensor): Tensor {
  check("gaussianKlBetween", { mean, logVar, priorMean, priorLogVar });
  return gaussianKl(mul(sub(mean, priorMean), inverseDeviation(priorLogVar)), sub(logVar, priorLogVar));
}

function inverseDeviation(logVar: Operand): Operand {
  return typeof logVar === "number" ? Math.exp(-0.5 * logVar) : exp(mul(logVar, -0.5));
}

/**
 * −log softmax(logits)[label] = log(Σ exp(logits)) − logits[label] in nats per row; logits [B, C], labels u32 [B] → [B]. Throws RangeError where a label
 * is not below C, if `tensor` made the labels or they are a data set's; of those that a kernel made, such a label has a loss of NaN.
 */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const device = check("softmaxCrossEntropy", { logits });
  check("softmaxCrossEntropy", { labels }, "u32");
  const [rows, classes] = logits.shape;
  if (logits.shape.length !== 2 || classes === 0 || labels.shape.length !== 1 || labels.shape[0] !== rows) {
    throw new RangeError(`softmaxCrossEntropy: logits is [B, C] and labels [B], got ${show(logits.shape)} and ${show(labels.shape)}`);
  }
  checkBelow("softmaxCrossEntropy", "labels", labels, classes!);
  const nll = neg(sum(where(oneHot(labels, classes!), logSoftmax(logits, 1), 0), [1]));
  // a label of no class is a row of zeros above, and would cost nothing: picking for it picks NaN
  return labels.greatest ? nll : add(nll, gatherRows(zeros(device, [classes!]), labels));
}
