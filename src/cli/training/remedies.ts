/** Remedies for latents that die, as options of `train`. */
import type { Option } from "../options.ts";
import type { ObjectiveArguments } from "./objective_options.ts";

/** What a remedy goes by. */
type RunSizes = Pick<ObjectiveArguments, "beta"> & { readonly epochs: number; readonly latent: number };

interface Remedy {
  /** The option to try, where nothing is known of the run. */
  readonly option: string;
  /** The options to try in a run. */
  change(options: RunSizes): Partial<ObjectiveArguments>;
}

const halfOf = (epochs: number): number => Math.ceil(epochs / 2);

/** In the order of least change. */
export const REMEDIES: Readonly<Record<RemedyName, Remedy>> = {
  "warm-up": { option: "--beta-warm-up EPOCHS", change: ({ epochs }) => ({ "beta-warm-up": halfOf(epochs) }) },
  cyclical: { option: "--beta-cycles 4", change: ({ epochs }) => ({ "beta-cycles": Math.min(4, epochs) }) },
  "free-bits": { option: "--free-bits 0.5", change: () => ({ "free-bits": 0.5 }) },
  "smaller-beta": { option: "a smaller --beta", change: ({ beta }) => ({ beta: beta > 1 ? 1 : beta / 4 }) },
  capacity: {
    option: "--capacity NATS with --capacity-warm-up",
    change: ({ epochs, latent, beta }) => ({ capacity: latent, "capacity-warm-up": halfOf(epochs), beta }),
  },
};

export type RemedyName = "warm-up" | "cyclical" | "free-bits" | "smaller-beta" | "capacity";
export const NAMES: readonly RemedyName[] = Object.keys(REMEDIES) as RemedyName[];

/** `--remedy [NAME]`: all of them where no name is given. */
export const REMEDY: Option<RemedyName | "all" | undefined> = {
  placeholder: "[NAME]",
  help: `${NAMES.join(", ")}, or all of them: when training is done, trains again with what may keep latents alive, from the same seed for as many epochs, and says what it does; --out has the model without`,
  rule: `one of ${NAMES.join(", ")}, or nothing for all`,
  parse: (text) => (text === "all" || Object.hasOwn(REMEDIES, text) ? (text as RemedyName | "all") : undefined),
  implied: "all",
  optional: true,
};

/** What a remedy takes the place of. */
export const INSTEAD: Readonly<Partial<Record<RemedyName, Partial<ObjectiveArguments>>>> = {
  "warm-up": { "beta-cycles": undefined },
  cyclical: { "beta-warm-up": undefined },
  "free-bits": { capacity: undefined, "capacity-warm-up": undefined, kl: undefined },
  capacity: { "free-bits": undefined, kl: undefined },
};

/** The remedies of a run: free bits are nats of single latents, which a KL to another prior than N(0, I) has not. */
export function remediesFor({ prior }: { readonly prior: string }): readonly RemedyName[] {
  return prior === "normal" ? NAMES : NAMES.filter((name) => name !== "free-bits");
}
