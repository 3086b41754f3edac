/** The prior that the encoder makes of learned pseudo-inputs. */
import type { TypedArray } from "../../kernel.ts";
import { lazySpec } from "../../nn/parameters.ts";
import { slice } from "../../ops/shape_ops.ts";
import { checkCount, type Components, drawn, mixtureLogProb, mixtureSample, ownTensor } from "./components.ts";
import type { Prior, PriorModel } from "./prior.ts";
import { numberOptions } from "../options.ts";

/** How many pseudo-inputs there are, and what they are at first. */
export interface VampPriorOptions {
  readonly pseudoInputs: number;
  /** Their first values, [K, D], for example rows of the data; default ½ plus normal noise of deviation 0.1. */
  readonly rows?: TypedArray;
}

/**
 * log p(z) = log((1/K)·Σk q(z|u_k)): the posteriors of K pseudo-inputs `prior.pseudoInputs` [K, D], which are learned with the encoder (Tomczak and
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
      return [lazySpec("prior.pseudoInputs", [K, D], () => rows ?? drawn(K * D, key, (noise) => 0.5 + 0.1 * noise))];
    },
    logProb: (z, model) => mixtureLogProb(z, partsOf(model)),
    sample: (count, key, model) => mixtureSample(count, key, model.device, () => partsOf(model)),
  };
}

/** `vampPrior` of options as they stand in a file, which holds the pseudo-inputs themselves beside them. */
export function readVampPrior(options: unknown): Prior {
  return vampPrior({ pseudoInputs: numberOptions("prior", "vampPrior", options, ["pseudoInputs"]).pseudoInputs! });
}
