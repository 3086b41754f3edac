/**
 * The reference data's operators in our terms: for each the op, and how far off its value and its gradients may be for given inputs, which is
 * what the oracle computes.
 */
import type { DType } from "../../kernel.ts";
import * as binary from "../../ops/binary.ts";
import { dense } from "../../ops/dense.ts";
import { gatherRows } from "../../ops/gather_rows.ts";
import { matmul } from "../../ops/matmul.ts";
import { mean } from "../../ops/mean.ts";
import * as probability from "../../ops/probability.ts";
import { max, sum } from "../../ops/reduce.ts";
import { broadcastTo, concat, reshape, slice, transpose, where } from "../../ops/shape_ops.ts";
import { logSoftmax, logSumExp, softmax } from "../../ops/softmax.ts";
import * as unary from "../../ops/unary.ts";
import { tensor, type Tensor } from "../../tensor.ts";
import * as elements from "../oracle/elementwise.ts";
import * as oracle from "../oracle/tensors.ts";
import { type Elementwise, type Expected, expUlp, ULP, type Values } from "../oracle/terms.ts";
import { unary as unaryOracle } from "../oracle/unary.ts";

export interface Attributes {
  readonly transA: boolean;
  readonly transB: boolean;
  readonly axes: readonly number[] | null;
  readonly axis: number;
  readonly keepdim: boolean;
  readonly shape: readonly number[];
  readonly perm: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  readonly step: readonly number[];
  readonly indices: readonly number[];
  readonly cond: readonly boolean[];
  readonly cond_shape: readonly number[];
  readonly target: readonly number[];
  readonly labels: readonly number[];
  readonly p: number;
  readonly slope: number;
  readonly alpha: number;
  readonly min: number;
  readonly max: number;
}

/** An operator of the reference data in our terms: the op, and how far off its value and its gradients may be. */
export interface Row {
  readonly f: (...inputs: Tensor[]) => Tensor;
  readonly y: ArrayLike<number>;
  readonly gradients: readonly ArrayLike<number>[];
}

/** How a row is made: from a case's attributes, inputs and cotangent, for a device that computes in f32 throughout or not. */
type Maker = (attrs: Attributes, inputs: readonly Values[], dy: Values, f32: boolean) => Row;

const tolerances = ({ y, gradients }: oracle.Result): Omit<Row, "f"> => ({ y: y.tolerance, gradients: gradients.map((g) => g.tolerance) });
const each = (like: Values, of: (i: number) => number): Float64Array => Float64Array.from({ length: like.data.length }, (_, i) => of(i));
const exactly = (like: Values): Float64Array => each(like, () => 0);
const roundings = (of: Values, count: number): Float64Array => each(of, (i) => count * ULP * Math.abs(of.data[i]!));
const constant = (like: Tensor, data: readonly number[], shape: readonly number[], dtype: DType = "f32"): Tensor =>
  tensor(like.device, data, shape, dtype);

/** The oracle's result for an element-wise op, with the tolerance that f32 needs where it does not reach as far as the inputs do. */
function reach(op: Elementwise, inputs: readonly Values[], extra: readonly number[], dy: Values, f32: boolean): oracle.Result {
  const result = oracle.elementwise(op, inputs, extra, dy);
  if (!f32) return result;
  const flush = (x: Values): Values => ({ shape: x.shape, data: each(x, (i) => (Math.abs(x.data[i]!) < 2 ** -126 ? 0 : x.data[i]!)) });
  const flushed = oracle.elementwise(op, inputs.map(flush), extra, dy);
  const slopes = oracle.elementwise(op, inputs, extra, { shape: dy.shape, data: each(dy, () => 1) }).gradients;
  const between = (p: number, q: number): number => (p === q ? 0 : Math.abs(p - q));
  // WGSL allows a denormal input to be taken for 0, and a derivative beyond f32 is ∞ before dy makes it smaller.
  const widened = (of: Expected, other: Expected, slope?: Values): Expected => ({
    ...of,
    tolerance: of.tolerance.map((t, i) => t + between(of.data[i]!, other.data[i]!) + (slope && Math.abs(slope.data[i]!) > 3.4e38 ? Infinity : 0)),
  });
  return { y: widened(result.y, flushed.y), gradients: result.gradients.map((g, k) => widened(g, flushed.gradients[k]!, slopes[k])) };
}

/** An element-wise op; `extra` are constants that follow the inputs. */
function elementwise(op: Elementwise, f: (attrs: Attributes) => Row["f"], extra: (attrs: Attributes) => readonly number[] = () => []): Maker {
  return (attrs, inputs, dy, f32) => ({ f: f(attrs), ...tolerances(reach(op, inputs, extra(attrs), dy, f32)) });
}

/** A loss of inputs and a target, which is a constant. */
function loss(op: Elementwise, f: (...inputs: Tensor[]) => Tensor): Maker {
  return ({ target }, inputs, dy, f32) => {
    const { shape } = inputs[0]!;
    const { y, gradients } = tolerances(reach(op, [...inputs, { shape, data: target }], [], dy, f32));
    return { f: (...xs) => f(...xs, constant(xs[0]!, target, shape)), y, gradients: gradients.slice(0, inputs.length) };
  };
}

const axesOf = ({ axes }: Attributes, { shape }: Values): number[] => (axes ?? shape.map((_, i) => i)).map((a) => (a < 0 ? a + shape.length : a));
const kept = ({ shape }: Values, axes: readonly number[]): number[] => shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
const spread = (dy: Values, x: Values, axes: readonly number[]): Values => oracle.broadcastTo({ shape: kept(x, axes), data: dy.data }, x.shape).y;

/** A reduction f of x, with the tolerance of its value by axes, and that of its gradient by axes and dy repeated to the shape of x. */
function reduction(
  f: (x: Tensor, axes: readonly number[] | undefined, keepDims: boolean) => Tensor,
  value: (x: Values, axes: readonly number[]) => ArrayLike<number>,
  gradient: (x: Values, axes: readonly number[], dy: Values) => ArrayLike<number>,
): Maker {
  return (attrs, [x], dy) => {
    const axes = axesOf(attrs, x!);
    return { f: (t) => f(t, attrs.axes ?? undefined, attrs.keepdim), y: value(x!, axes), gradients: [gradient(x!, axes, spread(dy, x!, axes))] };
  };
}

const absolute = (x: Values): Values => ({ shape: x.shape, data: each(x, (i) => Math.abs(x.data[i]!)) });
const product = (a: Values, b: Values): Values => ({ shape: a.shape, data: each(a, (i) => a.data[i]! * b.data[i]!) });
const total = (x: Values, axis: number): Values => spread(oracle.sum(x, [axis]), x, [axis]);

/** dx = y·(dy − (Σ y·dy)). */
function softmaxGradient(x: Values, axis: number, dy: Values): Float64Array {
  const { softmax: y } = oracle.logSumExp(x, [axis]);
  const size = absolute(dy);
  const sums = total(product(y, size), axis).data;
  const errors = total(product({ shape: x.shape, data: y.tolerance }, size), axis).data;
  const scale = (i: number): number => size.data[i]! + sums[i]!;
  return each(x, (i) => (y.tolerance[i]! + (x.shape[axis]! + 8) * ULP * y.data[i]!) * scale(i) + y.data[i]! * errors[i]!);
}

/** dx = dy − exp(y)·Σ dy. */
function logSoftmaxGradient(x: Values, axis: number, dy: Values): Float64Array {
  const { softmax: p, logSoftmax: y } = oracle.logSumExp(x, [axis]);
  const size = absolute(dy);
  const sums = total(size, axis).data;
  const error = (i: number): number => p.tolerance[i]! + p.data[i]! * (y.tolerance[i]! + expUlp(y.data[i]!));
  return each(x, (i) => (x.shape[axis]! + 8) * ULP * (size.data[i]! + p.data[i]! * sums[i]!) + error(i) * sums[i]!);
}

const plainUnary = ["exp", "log", "log1p", "expm1", "sqrt", "rsqrt", "abs", "neg", "tanh", "sigmoid", "softplus", "relu", "gelu", "silu"] as const;
const moreUnary = ["sin", "cos", "square", "reciprocal"] as const;
const plainBinary = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;

export const operators: Readonly<Record<string, Maker>> = {
  ...Object.fromEntries([...plainUnary, ...moreUnary].map((name) => [name, elementwise(unaryOracle[name]!, () => unary[name])])),
  ...Object.fromEntries(plainBinary.map((name) => [name, elementwise(elements.binary[name]!, () => binary[name])])),
  leaky_relu: elementwise(
    unaryOracle["leakyRelu"]!,
    ({ slope }) =>
      (x) =>
        unary.leakyRelu(x, slope),
    ({ slope }) => [slope],
  ),
  elu: elementwise(
    unaryOracle["elu"]!,
    ({ alpha }) =>
      (x) =>
        unary.elu(x, alpha),
    ({ alpha }) => [alpha],
  ),
  clamp: elementwise(
    unaryOracle["clamp"]!,
    (attrs) => (x) => unary.clamp(x, attrs.min, attrs.max),
    (attrs) => [attrs.min, attrs.max],
  ),
  pow_scalar: elementwise(
    elements.binary["pow"]!,
    ({ p }) =>
      (x) =>
        binary.pow(x, p),
    ({ p }) => [p],
  ),
  logaddexp: elementwise(elements.binary["logAddExp"]!, () => binary.logAddExp),
  continuous_bernoulli_log_norm: elementwise(unaryOracle["continuousBernoulliLogNormaliser"]!, () => unary.continuousBernoulliLogNormaliser),
  bce_with_logits: loss(elements.binary["bernoulliNll"]!, binary.bernoulliNll),
  gaussian_nll: loss(elements.probability["gaussianNll"]!, probability.gaussianNll),
  kl_std_normal: elementwise(elements.binary["gaussianKl"]!, () => binary.gaussianKl),
  kl_two_normals: elementwise(elements.probability["gaussianKlBetween"]!, () => probability.gaussianKlBetween),

  matmul: ({ transA: transposeA, transB: transposeB }, [a, b], dy) => ({
    f: (s, t) => matmul(s, t, { transposeA, transposeB }),
    y: oracle.matmul(a!, b!, transposeA, transposeB).tolerance,
    gradients: oracle.matmulGradients(a!, b!, dy, transposeA, transposeB).map((g) => g.tolerance),
  }),
  linear: (_, [x, W, b], dy) => {
    const y = oracle.matmul(x!, W!);
    const bias = roundings(b!, 8);
    const gradients = [...oracle.matmulGradients(x!, W!, dy), oracle.sum(dy, [0])];
    return {
      f: (s, t, u) => dense(s, t, u),
      y: y.tolerance.map((t, i) => t + bias[i % bias.length]!),
      gradients: gradients.map((g) => g.tolerance),
    };
  },

  sum: reduction(
    sum,
    (x, axes) => oracle.sum(x, axes).tolerance,
    (x) => exactly(x),
  ),
  mean: reduction(
    mean,
    (x, axes) => oracle.sum(x, axes).tolerance,
    (_, __, dy) => roundings(dy, 4),
  ),
  max: reduction(
    max,
    (x, axes) => exactly(oracle.sum(x, axes)),
    (_, __, dy) => roundings(dy, 4),
  ),
  logsumexp: reduction(
    logSumExp,
    (x, axes) => oracle.logSumExp(x, axes).y.tolerance,
    (x, axes, dy) => {
      const share = oracle.logSumExp(x, axes).softmax;
      return each(x, (i) => Math.abs(dy.data[i]!) * (share.tolerance[i]! + 4 * ULP * share.data[i]!));
    },
  ),
  softmax: ({ axis }, [x], dy) => ({
    f: (t) => softmax(t, axis),
    y: oracle.logSumExp(x!, [axis]).softmax.tolerance,
    gradients: [softmaxGradient(x!, axis, dy)],
  }),
  log_softmax: ({ axis }, [x], dy) => ({
    f: (t) => logSoftmax(t, axis),
    y: oracle.logSumExp(x!, [axis]).logSoftmax.tolerance,
    gradients: [logSoftmaxGradient(x!, axis, dy)],
  }),
  softmax_cross_entropy: ({ labels }, [x], dy) => {
    const classes = x!.shape[1]!;
    const row = (i: number): number => Math.floor(i / classes);
    const picked = each(x!, (i) => (labels[row(i)] === i % classes ? dy.data[row(i)]! : 0));
    const { tolerance } = oracle.logSumExp(x!, [1]).logSoftmax;
    return {
      f: (t) => probability.softmaxCrossEntropy(t, constant(t, labels, [labels.length], "u32")),
      y: labels.map((label, i) => tolerance[i * classes + label]!),
      gradients: [logSoftmaxGradient(x!, 1, { shape: x!.shape, data: picked })],
    };
  },

  reshape: ({ shape }, [x], dy) => ({ f: (t) => reshape(t, shape), y: exactly(dy), gradients: [exactly(x!)] }),
  transpose: ({ perm }, [x], dy) => ({ f: (t) => transpose(t, perm), ...tolerances(oracle.transpose(x!, perm, dy)) }),
  slice: ({ begin, end, step }, [x], dy) => ({ f: (t) => slice(t, begin, end, step), ...tolerances(oracle.slice(x!, begin, dy.shape, step, dy)) }),
  concat: ({ axis }, inputs, dy) => ({ f: (...ts) => concat(ts, axis), y: exactly(dy), gradients: inputs.map(exactly) }),
  broadcast_to: ({ shape }, [x], dy) => ({ f: (t) => broadcastTo(t, shape), ...tolerances(oracle.broadcastTo(x!, shape, dy)) }),
  gather_rows: ({ indices }, [x], dy) => ({
    f: (t) => gatherRows(t, constant(t, indices, [indices.length], "u32")),
    ...tolerances(oracle.gatherRows(x!, indices, dy)),
  }),
  where: ({ cond, cond_shape }, [a, b], dy) => ({
    f: (s, t) => where(constant(s, cond.map(Number), cond_shape, "u32"), s, t),
    y: exactly(dy),
    gradients: [a!, b!].map((x) => oracle.broadcastTo(x, dy.shape, dy).gradients[0]!.tolerance),
  }),
};
