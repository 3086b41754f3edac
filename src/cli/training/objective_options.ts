/** The options of `train` that say what is minimised, and the objective that they stand for. */
import { constant, cyclical, type Schedule, warmUp } from "../../nn/schedules.ts";
import { elboObjective } from "../../vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../vae/objectives/iwae_objective.ts";
import type { Objective } from "../../vae/objectives/objective.ts";
import { UsageError } from "../command.ts";
import { notNegative, oneOf, optional, type TableOf, whole } from "../options.ts";

export interface ObjectiveOptions {
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

export const OBJECTIVE_OPTIONS: TableOf<ObjectiveOptions> = {
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

/** Samples of an importance-weighted bound where nobody says. */
const SAMPLES = 5;

/** Pairs of options of which each says what the other one would. */
const APART = [
  ["beta-warm-up", "beta-cycles"],
  ["free-bits", "capacity"],
] as const;

/** UsageError for options that would be accepted and then do nothing, or that contradict each other. */
export function checkObjectiveOptions(options: ObjectiveOptions): void {
  const { objective, beta, kl } = options;
  const given = (name: keyof ObjectiveOptions): string => `--${name} ${String(options[name])}`;
  const apart = APART.find((pair) => pair.every((name) => options[name] !== undefined));
  if (apart) throw new UsageError(`train: --${apart[0]} and --${apart[1]} exclude each other, got ${given(apart[0])} and ${given(apart[1])}`);
  if (options["capacity-warm-up"] !== undefined && options.capacity === undefined) {
    throw new UsageError(`train: --capacity-warm-up belongs to --capacity, got ${given("capacity-warm-up")} without it`);
  }
  for (const name of ["kl", "free-bits", "capacity", "beta-warm-up", "beta-cycles", "beta"] as const) {
    const absent = options[name] === undefined || (name === "beta" && beta === 1);
    if (objective !== "elbo" && !absent) throw new UsageError(`train: --${name} belongs to --objective elbo, got ${given(name)} with ${objective}`);
    if (kl === "mc" && !absent && (name === "free-bits" || name === "capacity")) {
      throw new UsageError(`train: --${name} belongs to --kl analytic, got ${given(name)} with mc`);
    }
  }
}

export function objectiveOf(options: ObjectiveOptions, stepsPerEpoch: number): Objective {
  const { objective, samples, kl, "free-bits": freeBits, capacity, "capacity-warm-up": epochs } = options;
  if (objective === "iwae") return iwaeObjective({ samples: samples ?? SAMPLES });
  if (objective === "dreg") return dregObjective({ samples: samples ?? SAMPLES });
  const target = capacity !== undefined && epochs !== undefined ? warmUp(constant(capacity), epochs * stepsPerEpoch) : capacity;
  return elboObjective({
    ...(samples !== undefined && { samples }),
    ...(kl !== undefined && { kl }),
    ...(freeBits !== undefined && { freeBits }),
    ...(target !== undefined && { capacity: target }),
  });
}

/** Beta over the run. */
export function betaOf({ beta, "beta-warm-up": epochs, "beta-cycles": cycles }: ObjectiveOptions, stepsPerEpoch: number): number | Schedule {
  if (cycles !== undefined) return cyclical(beta, { cycles });
  return epochs === undefined ? beta : warmUp(constant(beta), epochs * stepsPerEpoch);
}
