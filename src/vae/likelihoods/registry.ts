/** Every likelihood by its name. */
import { shown } from "../../check.ts";
import { type OptionsReaders, readerOf } from "../options.ts";
import { readBernoulli } from "./bernoulli.ts";
import { readContinuousBernoulli } from "./continuous_bernoulli.ts";
import { readGaussian } from "./gaussian.ts";
import { readGaussianHead } from "./gaussian_head.ts";
import { readGaussianLearned } from "./gaussian_learned.ts";
import type { Likelihood, LikelihoodOptions } from "./likelihood.ts";

/** What makes each likelihood of options as they stand in a file. */
export const likelihoodReaders: OptionsReaders<Likelihood> = {
  bernoulli: readBernoulli,
  continuousBernoulli: readContinuousBernoulli,
  gaussian: readGaussian,
  gaussianLearned: readGaussianLearned,
  gaussianHead: readGaussianHead,
};

/** What `likelihoodNamed` knows. */
export const likelihoodNames: readonly string[] = Object.keys(likelihoodReaders);

/** The likelihood of a name and of options as they stand in a file: `likelihoodNamed(l.name, l.options)` is `l` again. */
export function likelihoodNamed(name: string, options: LikelihoodOptions = {}): Likelihood {
  const read = readerOf(likelihoodReaders, name);
  if (!read) throw new RangeError(`likelihood: the likelihoods are ${likelihoodNames.join(", ")}, got ${shown(name)}`);
  return read(options);
}
