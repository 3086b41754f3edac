/** A prior of several normal distributions. */
import { checkOptions } from "../../check.ts";
import { lazySpec } from "../../nn/parameters.ts";
import { COMPONENTS, type Components, drawn, mixtureLogProb, mixtureSample, ownTensor } from "./components.ts";
import type { Prior, PriorModel } from "./prior.ts";

/** How many normal distributions are mixed. */
export interface MixtureOptions {
  readonly components: number;
}

/**
 * log p(z) = log(Σk π_k·N(z; mean_k, exp(logVar_k))): a mixture of K diagonal normal distributions that are learned, as `prior.means` and `prior.logVars`
 * [K, L] and `prior.logits` [K], π = softmax(logits). At first means are drawn with variance ½, variances are ½ and weights equal: together about N(0, I).
 */
export function mixture(options: MixtureOptions): Prior {
  checkOptions("mixture", options, { components: COMPONENTS }, ["components"]);
  const { components: K } = options;
  const partsOf = ({ own }: PriorModel): Components => {
    const [means, logVars, logits] = ["prior.means", "prior.logVars", "prior.logits"].map((name) => ownTensor("mixture", own, name));
    return { means: means!, logVars: logVars!, logits: logits! };
  };
  return {
    name: "mixture",
    options: { components: K },
    parameters: (L, _, key) => [
      lazySpec("prior.means", [K, L], () => drawn(K * L, key, (noise) => Math.SQRT1_2 * noise)),
      lazySpec("prior.logVars", [K, L], () => new Float64Array(K * L).fill(-Math.LN2)),
      lazySpec("prior.logits", [K], () => new Float64Array(K)),
    ],
    logProb: (z, model) => mixtureLogProb(z, partsOf(model)),
    sample: (count, key, model) => mixtureSample(count, key, model.device, () => partsOf(model)),
  };
}

/** `mixture` of options as they stand in a file. */
export function readMixture(options: unknown): Prior {
  return mixture(options as MixtureOptions);
}
