/** Element-wise functions of two tensors that broadcast against each other; a number stands for a scalar. Gradients are composed of other ops. All that is exported is public. */
import { anyTracked, record } from "../autodiff.ts";
import type { Device } from "../device/device.ts";
import { full } from "../fill.ts";
import { broadcastShapes } from "../shape.ts";
import { check, empty, Tensor } from "../tensor.ts";
import { type Binary, binaryKernel, binaryParams } from "./binary_kernel.ts";
import * as table from "./binary_kernel.ts";
import { giveSummed } from "./reduce.ts";
import { expm1, neg, sigmoid } from "./unary.ts";

/** A tensor, or a number that counts as a tensor of it. */
export type Operand = Tensor | number;

/** An element-wise function of two tensors, broadcast to one shape as NumPy does. */
export type BinaryOp = (a: Operand, b: Operand) => Tensor;

/** The product of dy with dy/da or dy/db, before it is reduced to the operand's shape. */
type Partial = (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor;

/* @__NO_SIDE_EFFECTS__ */
function binaryOp(fn: Binary, da: Partial, db: Partial): BinaryOp {
  const compute = launcher(fn);
  return (first, second) => {
    const device = deviceOf(fn.name, first, second);
    const a = operand(device, first);
    const b = operand(device, second);
    const y = compute(a, b, true);
    record([y], [a, b], ([dy], [wantA, wantB]) => {
      if (wantA) giveSummed(wantA, a.shape, da(dy!, a, b, y));
      if (wantB) giveSummed(wantB, b.shape, db(dy!, a, b, y));
    });
    return y;
  };
}

/* @__NO_SIDE_EFFECTS__ */
function launcher(fn: Binary): (a: Tensor, b: Tensor, tracked: boolean) => Tensor {
  const kernel = binaryKernel(fn);
  return (a, b, tracked) => {
    const device = check(fn.name, { a, b });
    const shape = broadcastShapes(fn.name, a.shape, b.shape);
    const y = empty(device, shape, "f32", { tracked: tracked && anyTracked(a, b) });
    device.run(kernel, [a.slice, b.slice], [y.slice], binaryParams(a.shape, b.shape, shape));
    return y;
  };
}

/** A derivative with a kernel of its own: the result is a constant. */
/* @__NO_SIDE_EFFECTS__ */
function derivative(fn: Binary): (a: Tensor, b: Tensor) => Tensor {
  const compute = launcher(fn);
  return (a, b) => compute(a, b, false);
}

function deviceOf(op: string, a: Operand, b: Operand): Device {
  const tensor = a instanceof Tensor ? a : b;
  if (!(tensor instanceof Tensor)) throw new TypeError(`${op}: one of a and b is a tensor, got ${typeof a} and ${typeof b}`);
  return tensor.device;
}

function operand(device: Device, value: Operand): Tensor {
  return typeof value === "number" ? full(device, [], value) : value;
}

const above = derivative(table.above);
const powGradBase = derivative(table.powGradBase);
const powGradExponent = derivative(table.powGradExponent);
const bernoulliNllGrad = derivative(table.bernoulliNllGrad);

const identity: Partial = (dy) => dy;

/** a + b. */
export const add: BinaryOp = binaryOp(table.add, identity, identity);

/** a − b. */
export const sub: BinaryOp = binaryOp(table.sub, identity, neg);

/** a·b, element by element. */
export const mul: BinaryOp = binaryOp(
  table.mul,
  (dy, _, b) => mul(dy, b),
  (dy, a) => mul(dy, a),
);

/** a/b. */
export const div: BinaryOp = binaryOp(
  table.div,
  (dy, _, b) => div(dy, b),
  (dy, _, b, y) => neg(div(mul(dy, y), b)),
);

/** a^b: a negative base has a value for whole exponents, and no gradient by the exponent (NaN). 0^0 is 1. */
export const pow: BinaryOp = binaryOp(
  table.pow,
  (dy, a, b) => mul(dy, powGradBase(a, b)),
  (dy, a, b) => mul(dy, powGradExponent(a, b)),
);

/** max(a, b), NaN if either is; ties share the gradient half and half. */
export const maximum: BinaryOp = binaryOp(
  table.maximum,
  (dy, a, b) => mul(dy, above(a, b)),
  (dy, a, b) => mul(dy, above(b, a)),
);

/** min(a, b), NaN if either is; ties share the gradient half and half. */
export const minimum: BinaryOp = binaryOp(
  table.minimum,
  (dy, a, b) => mul(dy, above(b, a)),
  (dy, a, b) => mul(dy, above(a, b)),
);

/** log(exp(a) + exp(b)), without overflow. */
export const logAddExp: BinaryOp = binaryOp(
  table.logAddExp,
  (dy, a, b) => mul(dy, sigmoid(sub(a, b))),
  (dy, a, b) => mul(dy, sigmoid(sub(b, a))),
);

/** −log p(x) in nats under a Bernoulli with the given logits l: max(l, 0) − x·l + log(1 + exp(−|l|)), element by element; x in [0, 1]. */
export const bernoulliNll: (logits: Operand, x: Operand) => Tensor = binaryOp(
  table.bernoulliNll,
  (dy, logits, x) => mul(dy, bernoulliNllGrad(logits, x)),
  (dy, logits) => neg(mul(dy, logits)),
);

/** KL(N(mean, exp(logVar)) ‖ N(0, 1)) = ½·(mean² + exp(logVar) − 1 − logVar) in nats, element by element; accurate near (0, 0). */
export const gaussianKl: (mean: Operand, logVar: Operand) => Tensor = binaryOp(
  table.gaussianKl,
  (dy, mean) => mul(dy, mean),
  (dy, _, logVar) => mul(dy, mul(expm1(logVar), 0.5)),
);
