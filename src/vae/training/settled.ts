/** What of a run's options has a default that is more than a number. */
import { checkValue } from "../../check.ts";
import { adam } from "../../nn/adam.ts";
import { OPTIMIZER } from "../../nn/optimizer.ts";
import { elboObjective } from "../objectives/elbo_objective.ts";
import type { Vae } from "../vae.ts";
import type { Settled } from "./configuration.ts";
import type { TrainerOptions } from "./trainer_options.ts";

/** The optimizer and the objective of a run: given, or the defaults. */
export function settle(vae: Vae, { optimizer = adam(), objective = elboObjective() }: TrainerOptions): Omit<Settled, "laid"> {
  const made = optimizer(vae.parameters);
  checkValue("train", "what optimizer makes", made, OPTIMIZER);
  return { optimizer: made, objective };
}
