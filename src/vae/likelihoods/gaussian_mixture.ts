/** Measurements whose distribution has more than one peak. */
import { checkOptions, type Checks, COUNT, POSITIVE } from "../../check.ts";
import type { Likelihood } from "./likelihood.ts";
import { tableLikelihood } from "./table_likelihood.ts";

/** How many normals a column is made of. */
export interface GaussianMixtureOptions {
  readonly components: number;
  /** The least standard deviation of one; default 0.003. */
  readonly floor?: number;
}

const OPTIONS: Checks<keyof GaussianMixtureOptions> = { components: COUNT, floor: POSITIVE };

/**
 * −log(0.99·Σc wc·N(x; meanc, σc²) + 0.01·N(x; 0, 4²)) for each column, weights, means and scales from the decoder: data is best in standard units. A missing
 * cell, NaN, adds nothing.
 */
export function gaussianMixture(options: GaussianMixtureOptions): Likelihood {
  checkOptions("gaussianMixture", options, OPTIONS, ["components"]);
  const { components, floor = 0.003 } = options;
  const column = { kind: "number", components, step: 0, floor } as const;
  return tableLikelihood("gaussianMixture", { components, floor }, (D) => Array.from({ length: D }, () => column));
}

/** `gaussianMixture` of options as they stand in a file. */
export function readGaussianMixture(options: unknown): Likelihood {
  return gaussianMixture(options as GaussianMixtureOptions);
}
