/** Priors p(z): what latents are scored against and drawn from. */
import type { Device } from "../../device/device.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import { add, mul, sub } from "../../ops/binary.ts";
import { gatherRows } from "../../ops/gather_rows.ts";
import { gaussianNll } from "../../ops/probability.ts";
import { normal } from "../../ops/random_ops.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape, slice } from "../../ops/shape_ops.ts";
import { logSoftmax, logSumExp } from "../../ops/softmax.ts";
import { exp, square } from "../../ops/unary.ts";
import { forEachBits, type Key, normalOf, uniformOf } from "../../random.ts";
import { type Tensor, tensor } from "../../tensor.ts";
import type { TypedArray } from "../../kernel.ts";
import type { OwnTensors } from "../likelihoods/registry.ts";

/** What a prior was made with: plain JSON, for files. */
export type PriorOptions = Readonly<Record<string, number>>;

/** What a prior may use of its model. */
export interface PriorModel {
  readonly device: Device;
  /** L. */
  readonly latent: number;
  /** Its own parameters by name; there may be others among them. */
  readonly own: OwnTensors;
  /** Means and log-variances [K, 2L] of q(z|x) for x [K, D]. */
  encode(x: Tensor): Tensor;
}

/** p(z) as a record: a log-density and draws. */
export interface Prior {
  readonly name: string;
  readonly options: PriorOptions;
  /** True for N(0, I), to which the KL has a formula; for others it is taken at samples. Default false. */
  readonly standard?: boolean;
  /** True where it needs the encoder; default false. */
  readonly encodes?: boolean;
  /** What it learns, by names that begin with `prior.`, for L latents and D data columns. */
  parameters?(L: number, D: number, key: Key): readonly ParameterSpec[];
  /** log p(z) in nats, [rows], for z [rows, L]. */
  logProb(z: Tensor, model: PriorModel): Tensor;
  /** Draws of z, [count, L]: a constant, which the caller disposes of. */
  sample(count: number, key: Key, model: PriorModel): Promise<Tensor>;
}

const LOG_2PI = Math.log(2 * Math.PI);

/** log p(z) = −½Σl (z² + log 2π): N(0, I), with nothing to learn. The default. */
export function standardNormal(): Prior {
  return {
    name: "standardNormal",
    options: {},
    standard: true,
    logProb: (z) => mul(add(sum(square(z), [1]), z.shape[1]! * LOG_2PI), -0.5),
    sample: (count, key, { device, latent }) => Promise.resolve(normal(device, [count, latent], key)),
  };
}

/** How many normal distributions are mixed. */
export interface MixtureOptions {
  readonly components: number;
}

/**
 * log p(z) = log Σk π_k·N(z; mean_k, exp(logVar_k)): a mixture of K diagonal normal distributions that are learned, as `prior.means` and `prior.logVars`
 * [K, L] and `prior.logits` [K], π = softmax(logits). At first means are drawn with variance ½, variances are ½ and weights equal: together about N(0, I).
 */
export function mixture({ components: K }: MixtureOptions): Prior {
  checkCount("mixture", "components", K);
  const partsOf = ({ own }: PriorModel): Components => {
    const [means, logVars, logits] = ["prior.means", "prior.logVars", "prior.logits"].map((name) => ownTensor("mixture", own, name));
    return { means: means!, logVars: logVars!, logits: logits! };
  };
  return {
    name: "mixture",
    options: { components: K },
    parameters: (L, _, key) => [
      { name: "prior.means", shape: [K, L], values: drawn(K * L, key, (noise) => Math.SQRT1_2 * noise) },
      { name: "prior.logVars", shape: [K, L], values: new Float64Array(K * L).fill(-Math.LN2) },
      { name: "prior.logits", shape: [K], values: new Float64Array(K) },
    ],
    logProb: (z, model) => mixtureLogProb(z, partsOf(model)),
    sample: (count, key, model) => mixtureSample(count, key, model.device, () => partsOf(model)),
  };
}

/** How many pseudo-inputs there are, and what they are at first. */
export interface VampPriorOptions {
  readonly pseudoInputs: number;
  /** Their first values, [K, D], for example rows of the data; default ½ plus normal noise of deviation 0.1. */
  readonly rows?: TypedArray;
}

/**
 * log p(z) = log (1/K) Σk q(z|u_k): the posteriors of K pseudo-inputs `prior.pseudoInputs` [K, D], which are learned with the encoder (Tomczak and
 * Welling 2018, equation 9).
 */
export function vampPrior({ pseudoInputs: K, rows }: VampPriorOptions): Prior {
  checkCount("vampPrior", "pseudoInputs", K);
  const partsOf = ({ own, latent: L, encode }: PriorModel): Components => {
    const meanLogVar = encode(ownTensor("vampPrior", own, "prior.pseudoInputs"));
    return { means: slice(meanLogVar, [0, 0], [K, L]), logVars: slice(meanLogVar, [0, L], [K, 2 * L]), logits: null };
  };
  return {
    name: "vampPrior",
    options: { pseudoInputs: K },
    encodes: true,
    parameters(_, D, key) {
      if (rows && rows.length !== K * D) {
        throw new RangeError(`vampPrior: rows holds ${K} pseudo-inputs of ${D} columns, ${K * D} values, got ${rows.length}`);
      }
      return [{ name: "prior.pseudoInputs", shape: [K, D], values: rows ?? drawn(K * D, key, (noise) => 0.5 + 0.1 * noise) }];
    },
    logProb: (z, model) => mixtureLogProb(z, partsOf(model)),
    sample: (count, key, model) => mixtureSample(count, key, model.device, () => partsOf(model)),
  };
}

interface Entry {
  readonly make: (options: PriorOptions) => Prior;
  readonly takes: readonly string[];
}

/** Every prior by its name, with the names of its options. */
const priors: Readonly<Record<string, Entry>> = {
  standardNormal: { make: standardNormal, takes: [] },
  mixture: { make: (options) => mixture({ components: options["components"]! }), takes: ["components"] },
  vampPrior: { make: (options) => vampPrior({ pseudoInputs: options["pseudoInputs"]! }), takes: ["pseudoInputs"] },
};

/** The prior of a name and of options as they stand in a file: `priorNamed(p.name, p.options)` is `p` but for first values. */
export function priorNamed(name: string, options: PriorOptions = {}): Prior {
  if (!Object.hasOwn(priors, name)) throw new RangeError(`prior: the priors are ${Object.keys(priors).join(", ")}, got "${name}"`);
  const { make, takes } = priors[name]!;
  const unknown = Object.keys(options).find((option) => !takes.includes(option));
  if (unknown !== undefined) throw new RangeError(`prior: ${name} takes ${takes.join(", ") || "no options"}, got "${unknown}"`);
  return make(options);
}

/** A mixture of K diagonal normal distributions. */
interface Components {
  /** [K, L] each. */
  readonly means: Tensor;
  readonly logVars: Tensor;
  /** [K]; null for equal weights. */
  readonly logits: Tensor | null;
}

/** log Σk π_k·N(z; mean_k, exp(logVar_k)), [rows], by way of [rows, K, L]. */
function mixtureLogProb(z: Tensor, { means, logVars, logits }: Components): Tensor {
  const [rows, L] = z.shape as readonly [number, number];
  const nll = sum(gaussianNll(means, logVars, reshape(z, [rows, 1, L])), [2]);
  return logSumExp(sub(logits ? logSoftmax(logits) : -Math.log(means.shape[0]!), nll), [1]);
}

/** A component for each draw by the stream `key.fold(1)`, and noise of the stream `key`. */
async function mixtureSample(count: number, key: Key, device: Device, componentsOf: () => Components): Promise<Tensor> {
  const parts = device.scope(() => {
    const { means, logVars, logits } = componentsOf();
    return { means: add(means, 0), logVars: add(logVars, 0), logits: logits && add(logits, 0) };
  });
  try {
    const K = parts.means.shape[0]!;
    const weights = parts.logits ? Array.from(await parts.logits.read()) : new Array<number>(K).fill(0);
    return device.scope(() => {
      const picked = tensor(device, picks(weights, count, key.fold(1)), [count], "u32");
      const means = gatherRows(parts.means, picked);
      return add(means, mul(exp(mul(gatherRows(parts.logVars, picked), 0.5)), normal(device, means.shape, key)));
    });
  } finally {
    [parts.means, parts.logVars, parts.logits].forEach((t) => t?.dispose());
  }
}

/** Numbers of components, each as often as softmax(logits) says: the first whose weights add up to more than a uniform number. */
function picks(logits: readonly number[], count: number, key: Key): Uint32Array {
  const most = Math.max(...logits);
  const ends: number[] = [];
  for (const logit of logits) ends.push((ends.at(-1) ?? 0) + Math.exp(logit - most));
  const picked = new Uint32Array(count);
  forEachBits(key.words[0], key.words[1], count, (i, bits) => {
    const at = uniformOf(bits) * ends.at(-1)!;
    picked[i] = ends.findIndex((end) => at < end);
  });
  return picked;
}

function drawn(count: number, key: Key, of: (noise: number) => number): Float64Array {
  const values = new Float64Array(count);
  forEachBits(key.words[0], key.words[1], count, (i, bits) => (values[i] = Math.fround(of(normalOf(bits)))));
  return values;
}

function ownTensor(prior: string, own: OwnTensors, name: string): Tensor {
  const found = own.get(name);
  if (!found) throw new TypeError(`${prior}: own holds "${name}", got none (pass the model's tensors)`);
  return found;
}

function checkCount(prior: string, name: string, K: number): void {
  if (!Number.isSafeInteger(K) || K < 1) throw new RangeError(`${prior}: ${name} is a whole number of at least 1, got ${K}`);
}
