/** Mixtures of normal distributions: their density and draws from them. */
import { type Check, number } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import { add, mul, sub } from "../../ops/binary.ts";
import { gatherRows } from "../../ops/gather_rows.ts";
import { gaussianNll } from "../../ops/probability.ts";
import { normal } from "../../ops/random_ops.ts";
import { sum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/shape_ops.ts";
import { logSoftmax, logSumExp } from "../../ops/softmax.ts";
import { exp } from "../../ops/unary.ts";
import { forEachBits, type Key, normalOf, uniformOf } from "../../random.ts";
import { streams } from "../../streams.ts";
import { type Tensor, tensor } from "../../tensor.ts";
import type { OwnTensors } from "../likelihoods/likelihood.ts";

/** A mixture of K diagonal normal distributions. */
export interface Components {
  /** [K, L] each. */
  readonly means: Tensor;
  readonly logVars: Tensor;
  /** [K]; null for equal weights. */
  readonly logits: Tensor | null;
}

/** log(Σk π_k·N(z; mean_k, exp(logVar_k))), [rows], by way of [rows, K, L]. */
export function mixtureLogProb(z: Tensor, { means, logVars, logits }: Components): Tensor {
  const [rows, L] = z.shape as readonly [number, number];
  const nll = sum(gaussianNll(means, logVars, reshape(z, [rows, 1, L])), [2]);
  return logSumExp(sub(logits ? logSoftmax(logits) : -Math.log(means.shape[0]!), nll), [1]);
}

/** Draws of z [count, L]: components picked by the stream `streams.component(key)`, mean + exp(logVar/2)·noise of them by `streams.componentNoise(key)`. */
export async function mixtureSample(count: number, key: Key, device: Device, componentsOf: () => Components): Promise<Tensor> {
  const parts = device.scope(() => {
    const { means, logVars, logits } = componentsOf();
    return { means: add(means, 0), logVars: add(logVars, 0), logits: logits && add(logits, 0) };
  });
  try {
    const K = parts.means.shape[0]!;
    const weights = parts.logits ? Array.from(await parts.logits.read()) : new Array<number>(K).fill(0);
    return device.scope(() => {
      const picked = tensor(device, picks(weights, count, streams.component(key)), [count], "u32");
      const means = gatherRows(parts.means, picked);
      return add(means, mul(exp(mul(gatherRows(parts.logVars, picked), 0.5)), normal(device, means.shape, streams.componentNoise(key))));
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

/** First values, one for each draw of normal noise. */
export function drawn(count: number, key: Key, of: (noise: number) => number): Float64Array {
  const values = new Float64Array(count);
  forEachBits(key.words[0], key.words[1], count, (i, bits) => (values[i] = Math.fround(of(normalOf(bits)))));
  return values;
}

/** A parameter of the prior's own. */
export function ownTensor(prior: string, own: OwnTensors, name: string): Tensor {
  const found = own.get(name);
  if (!found) throw new TypeError(`${prior}: own holds "${name}", got none (pass the model's tensors)`);
  return found;
}

/** Components of a mixture: each is compared with every z of a batch, so that more would fit no memory. */
const MOST = 1 << 16;

export const COMPONENTS: Check = number(`is a whole number from 1 to ${MOST}`, (K) => Number.isInteger(K) && K >= 1 && K <= MOST);
