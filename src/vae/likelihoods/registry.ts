/** Every likelihood by its name. */
import { bernoulli } from "./bernoulli.ts";
import { continuousBernoulli } from "./continuous_bernoulli.ts";
import { gaussian } from "./gaussian.ts";
import { gaussianHead } from "./gaussian_head.ts";
import { gaussianLearned } from "./gaussian_learned.ts";
import type { Likelihood, LikelihoodOptions } from "./likelihood.ts";

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
