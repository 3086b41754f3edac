/** Every prior by its name. */
import { mixture } from "./mixture.ts";
import type { Prior, PriorOptions } from "./prior.ts";
import { standardNormal } from "./standard_normal.ts";
import { vampPrior } from "./vamp_prior.ts";

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
