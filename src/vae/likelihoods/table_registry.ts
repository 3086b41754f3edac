/** The likelihoods of tables by their names, for `load(device, bytes, { likelihoods: tableLikelihoods })`. */
import type { OptionsReaders } from "../options.ts";
import { readCategorical } from "./categorical.ts";
import { readGaussianMixture } from "./gaussian_mixture.ts";
import type { Likelihood } from "./likelihood.ts";
import { readMixed } from "./mixed.ts";

/** What makes the likelihoods of tables of options as they stand in a file: `load(device, bytes, { likelihoods: tableLikelihoods })`. */
export const tableLikelihoods: OptionsReaders<Likelihood> = {
  mixed: readMixed,
  categorical: readCategorical,
  gaussianMixture: readGaussianMixture,
};
