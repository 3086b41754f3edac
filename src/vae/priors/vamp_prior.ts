/** The prior that the encoder makes of learned pseudo-inputs. */
import { ANY, checkOptions, type Numbers, numbersOf } from "../../check.ts";
import { lazySpec } from "../../nn/parameters.ts";
import { slice } from "../../ops/shape_ops.ts";
import { COMPONENTS, type Components, drawn, mixtureLogProb, mixtureSample, ownTensor } from "./components.ts";
import type { Prior, PriorModel } from "./prior.ts";

/** How many pseudo-inputs there are, and what they are at first. */
export interface VampPriorOptions {
  readonly pseudoInputs: number;
  /** Their first values, [K, D], for example rows of the data; default ½ plus normal noise of deviation 0.1. */
  readonly rows?: Numbers;
}

/**
 * log p(z) = log((1/K)·Σk q(z|u_k)): the posteriors of K pseudo-inputs `prior.pseudoInputs` [K, D], which are learned with the encoder (Tomczak and
 * Welling 2018, equation 9).
 */
export function vampPrior(options: VampPriorOptions): Prior {
  checkOptions("vampPrior", options, { pseudoInputs: COMPONENTS, rows: ANY }, ["pseudoInputs"]);
  const { pseudoInputs: K } = options;
  const rows = options.rows === undefined ? undefined : numbersOf("vampPrior", "rows", options.rows);
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
      return [lazySpec("prior.pseudoInputs", [K, D], () => rows ?? drawn(K * D, key, (noise) => 0.5 + 0.1 * noise))];
    },
    logProb: (z, model) => mixtureLogProb(z, partsOf(model)),
    sample: (count, key, model) => mixtureSample(count, key, model.device, () => partsOf(model)),
  };
}

/** `vampPrior` of options as they stand in a file, which holds the pseudo-inputs themselves beside them. */
export function readVampPrior(options: unknown): Prior {
  checkOptions("vampPrior", options, { pseudoInputs: COMPONENTS });
  return vampPrior(options as VampPriorOptions);
}
