/** The options of `train` that say what is minimised. */
import { notNegative, oneOf, optional, type TableOf, whole } from "../options.ts";

export interface ObjectiveArguments {
  readonly objective: "elbo" | "iwae" | "dreg";
  readonly samples: number | undefined;
  readonly kl: "analytic" | "mc" | undefined;
  readonly "free-bits": number | undefined;
  readonly capacity: number | undefined;
  readonly "capacity-warm-up": number | undefined;
  readonly beta: number;
  readonly "beta-warm-up": number | undefined;
  readonly "beta-cycles": number | undefined;
}

export const OBJECTIVE_OPTIONS: TableOf<ObjectiveArguments> = {
  objective: oneOf(
    ["elbo", "iwae", "dreg"],
    "the bound: of one sample at a time, importance-weighted, and the latter with the encoder's gradient doubly reparameterised",
    "elbo",
  ),
  samples: optional(whole(1, "of z for each row (default 1, of iwae and dreg 5)", 1)),
  kl: optional(oneOf(["analytic", "mc"], "the KL of --objective elbo by its formula, or by the samples (default analytic)")),
  "free-bits": optional(notNegative("nats below which a latent gains nothing by its KL", 0)),
  capacity: optional(notNegative("nats that the KL is drawn to, with --beta for γ", 0)),
  "capacity-warm-up": optional(whole(1, "epochs in which the capacity rises to its value", 1)),
  beta: notNegative("weight of the KL", 1),
  "beta-warm-up": optional(whole(1, "epochs in which beta rises to its value", 1)),
  "beta-cycles": optional(whole(1, "parts of the run in each of which beta rises from 0 and then stays", 1)),
};
