/** The options of `train` that say what latents are scored against. */
import { oneOf, optional, type TableOf, whole } from "../options.ts";

export interface PriorArguments {
  readonly prior: "normal" | "mixture" | "vamp";
  readonly components: number | undefined;
}

export const PRIOR_OPTIONS: TableOf<PriorArguments> = {
  prior: oneOf(
    ["normal", "mixture", "vamp"],
    "p(z): N(0, I), a learned mixture of normal distributions, or one of posteriors of learned pseudo-inputs; of the latter two the KL is by samples",
    "normal",
  ),
  components: optional(whole(1, "of --prior mixture, and pseudo-inputs of vamp (default 20)", 1)),
};
