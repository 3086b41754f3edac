/** Every prior by its name. */
import { shown } from "../../check.ts";
import { type OptionsReaders, readerOf } from "../options.ts";
import { readMixture } from "./mixture.ts";
import type { Prior, PriorOptions } from "./prior.ts";
import { readStandardNormal } from "./standard_normal.ts";
import { readVampPrior } from "./vamp_prior.ts";

/** What makes each prior of options as they stand in a file. */
export const priorReaders: OptionsReaders<Prior> = {
  standardNormal: readStandardNormal,
  mixture: readMixture,
  vampPrior: readVampPrior,
};

/** The prior of a name and of options as they stand in a file: `priorNamed(p.name, p.options)` is `p` but for first values. */
export function priorNamed(name: string, options: PriorOptions = {}): Prior {
  const read = readerOf(priorReaders, name);
  if (!read) throw new RangeError(`prior: the priors are ${Object.keys(priorReaders).join(", ")}, got ${shown(name)}`);
  return read(options);
}
