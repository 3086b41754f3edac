/** Likelihoods p(x|z): how the decoder's last layer becomes a loss, and its outputs become data. */
import type { Dataset } from "../../data/dataset.ts";
import type { KeyWords } from "../../kernel.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import { binarise } from "../../ops/binarise.ts";
import { add, bernoulliNll, logAddExp, mul, sub } from "../../ops/binary.ts";
import { continuousBernoulliQuantile } from "../../ops/continuous_bernoulli.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../ops/dense_nll.ts";
import { gaussianNll } from "../../ops/probability.ts";
import { normal, uniform } from "../../ops/random_ops.ts";
import type { BatchRows } from "../../ops/rows.ts";
import { rowsToTensor } from "../../ops/rows_to_tensor.ts";
import { slice } from "../../ops/shape_ops.ts";
import { continuousBernoulliLogNormaliser, continuousBernoulliMean, exp, sigmoid } from "../../ops/unary.ts";
import type { Tensor } from "../../tensor.ts";
import { composedNll } from "./composed_nll.ts";

/** What a likelihood was made with: plain JSON, for files. */
export type LikelihoodOptions = Readonly<Record<string, number>>;

/** p(x|z) as a record: how the decoder's last layer becomes a loss, a mean and a draw. */
export interface Likelihood {
  readonly name: string;
  readonly options: LikelihoodOptions;
  /** True for probabilities of discrete values, which do not depend on units as a density does; default false. */
  readonly discrete?: boolean;
  /** Outputs of the last layer for D data columns. */
  columns(D: number): number;
  /** What it learns besides the decoder, by names that begin with `likelihood.`; given back to it as `own`. */
  parameters?(D: number): readonly ParameterSpec[];
  /** Throws if the data cannot come from this distribution. */
  check(data: Dataset): void;
  /** −log p(x|h) in nats per row, [S·B]: h [S·B, H], W [H, columns], b [columns], x [B, D]; row s·B + b of h is scored on row b of x. */
  nll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, own?: OwnTensors): Tensor;
  /** The distribution's mean from the last layer's outputs, [B, D]. */
  mean(outputs: Tensor, own?: OwnTensors): Tensor;
  /** A draw of x from the last layer's outputs, [B, D]: a constant. */
  sample(outputs: Tensor, key: KeyWords, own?: OwnTensors): Tensor;
}

/** Tensors that hold a likelihood's own parameters, by name; there may be others among them. */
export type OwnTensors = ReadonlyMap<string, Tensor>;

/** −log p(x) = max(l, 0) − x·l + log(1 + exp(−|l|)): pixels in [0, 1], each with its own logit l; grey values count as probabilities (cross-entropy). */
export function bernoulli(): Likelihood {
  return {
    name: "bernoulli",
    options: {},
    discrete: true,
    columns: (D) => D,
    check: unitInterval("bernoulli"),
    nll: denseBernoulliNll,
    mean: sigmoid,
    sample: (logits, key) => rowsToTensor(binarise(sigmoid(logits), key)),
  };
}

/**
 * −log p(x) = max(l, 0) − x·l + log(1 + exp(−|l|)) − log(l/tanh(l/2)): values in [0, 1], each with its own logit l, under a density that is
 * normalised there, as the Bernoulli's cross-entropy of grey values is not (Loaiza-Ganem and Cunningham 2019). May be negative.
 */
export function continuousBernoulli(): Likelihood {
  return {
    name: "continuousBernoulli",
    options: {},
    columns: (D) => D,
    check: unitInterval("continuousBernoulli"),
    nll: (h, W, b, x) => composedNll(h, W, b, x, (logits, data) => sub(bernoulliNll(logits, data), continuousBernoulliLogNormaliser(logits))),
    mean: continuousBernoulliMean,
    sample: (logits, key) => continuousBernoulliQuantile(logits, uniform(logits.device, logits.shape, key)),
  };
}

/** The variance of a normal likelihood. */
export interface GaussianOptions {
  /** In squared units of the data; default 1. */
  readonly variance?: number;
}

/** −log N(x; mean, variance): means from the decoder, and one fixed variance for all features. */
export function gaussian({ variance = 1 }: GaussianOptions = {}): Likelihood {
  if (!(Number.isFinite(variance) && variance > 0)) throw new RangeError(`gaussian: variance is a number above 0, got ${variance}`);
  return {
    name: "gaussian",
    options: { variance },
    columns: (D) => D,
    check: () => undefined,
    nll: (h, W, b, x) => denseGaussianNll(h, W, b, Math.log(variance), x),
    mean: (means) => means,
    sample: (means, key) => add(means, mul(normal(means.device, means.shape, key), Math.sqrt(variance))),
  };
}

/** The least variance of a normal likelihood that learns it. */
export interface FloorOptions {
  /**
   * The variance that is never fallen below, in squared units of the data; default 1e-6, and 0 is none. The variance is √(exp(logVar)² + floor²):
   * to f32's last bit exp(logVar) where that is 5000 times the floor or more, and a gradient leads back from below.
   */
  readonly floor?: number;
}

const LOG_VAR = "likelihood.logVar";

/** −log N(x; mean, var): means from the decoder, and a variance for each feature, learned as the parameter `likelihood.logVar` [D], at first 1. */
export function gaussianLearned({ floor = 1e-6 }: FloorOptions = {}): Likelihood {
  checkFloor("gaussianLearned", floor);
  const logVarOf = (own: OwnTensors | undefined): Tensor => {
    const logVar = own?.get(LOG_VAR);
    if (!logVar) throw new TypeError(`gaussianLearned: own holds "${LOG_VAR}", got none (pass the model's tensors)`);
    return floored(logVar, floor);
  };
  return {
    name: "gaussianLearned",
    options: { floor },
    columns: (D) => D,
    parameters: (D) => [{ name: LOG_VAR, shape: [D], values: new Float64Array(D) }],
    check: () => undefined,
    nll: (h, W, b, x, own) => denseGaussianNll(h, W, b, logVarOf(own), x),
    mean: (means) => means,
    sample: (means, key, own) => gaussianDraw(means, logVarOf(own), key),
  };
}

/** −log N(x; mean, var): means and log-variances from the decoder, which has 2D outputs, means first. */
export function gaussianHead({ floor = 1e-6 }: FloorOptions = {}): Likelihood {
  checkFloor("gaussianHead", floor);
  const logVarOf = (outputs: Tensor): Tensor => floored(half(outputs, 1), floor);
  return {
    name: "gaussianHead",
    options: { floor },
    columns: (D) => 2 * D,
    check: () => undefined,
    nll: (h, W, b, x) => composedNll(h, W, b, x, (outputs, data) => gaussianNll(half(outputs, 0), logVarOf(outputs), data)),
    mean: (outputs) => half(outputs, 0),
    sample: (outputs, key) => gaussianDraw(half(outputs, 0), logVarOf(outputs), key),
  };
}

interface Entry {
  readonly make: (options: LikelihoodOptions) => Likelihood;
  readonly takes: readonly string[];
}

/** Every likelihood by its name, with the names of its options. */
const likelihoods: Readonly<Record<string, Entry>> = {
  bernoulli: { make: bernoulli, takes: [] },
  continuousBernoulli: { make: continuousBernoulli, takes: [] },
  gaussian: { make: gaussian, takes: ["variance"] },
  gaussianLearned: { make: gaussianLearned, takes: ["floor"] },
  gaussianHead: { make: gaussianHead, takes: ["floor"] },
};

/** What `likelihoodNamed` knows. */
export const likelihoodNames: readonly string[] = Object.keys(likelihoods);

/** The likelihood of a name and of options as they stand in a file: `likelihoodNamed(l.name, l.options)` is `l` again. */
export function likelihoodNamed(name: string, options: LikelihoodOptions = {}): Likelihood {
  if (!Object.hasOwn(likelihoods, name)) throw new RangeError(`likelihood: the likelihoods are ${likelihoodNames.join(", ")}, got "${name}"`);
  const { make, takes } = likelihoods[name]!;
  const unknown = Object.keys(options).find((option) => !takes.includes(option));
  if (unknown !== undefined) throw new RangeError(`likelihood: ${name} takes ${takes.join(", ") || "no options"}, got "${unknown}"`);
  return make(options);
}

function unitInterval(name: string): Likelihood["check"] {
  return ({ firstOutsideUnit: cell }) => {
    if (!cell) return;
    const { value, row, column } = cell;
    throw new RangeError(`${name}: data must lie in [0, 1], found ${value} at row ${row}, column ${column} (divide by 255, or use gaussian())`);
  };
}

function checkFloor(name: string, floor: number): void {
  if (!(Number.isFinite(floor) && floor >= 0)) throw new RangeError(`${name}: floor is a variance of at least 0, got ${floor}`);
}

/** log √(exp(logVar)² + floor²). */
function floored(logVar: Tensor, floor: number): Tensor {
  return floor === 0 ? logVar : mul(logAddExp(mul(logVar, 2), 2 * Math.log(floor)), 0.5);
}

/** The first or the second half of the last dimension. */
function half(outputs: Tensor, which: 0 | 1): Tensor {
  const D = outputs.shape.at(-1)! / 2;
  const begin = outputs.shape.map(() => 0);
  return slice(outputs, begin.with(-1, which * D), outputs.shape.with(-1, (which + 1) * D));
}

/** mean + exp(logVar/2)·noise. */
function gaussianDraw(mean: Tensor, logVar: Tensor, key: KeyWords): Tensor {
  return add(mean, mul(exp(mul(logVar, 0.5)), normal(mean.device, mean.shape, key)));
}
