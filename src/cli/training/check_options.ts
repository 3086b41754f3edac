/** Options of `train` that contradict each other, or would be accepted and then do nothing. */
import { UsageError } from "../command.ts";
import type { ObjectiveArguments } from "./objective_options.ts";
import { remediesFor } from "./remedies.ts";
import type { TrainArguments } from "./train_options.ts";

/** UsageError for options that would be accepted and then do nothing. */
export function checkOptions(options: TrainArguments): void {
  const belongs = (name: keyof TrainArguments, fits: boolean, to: string): void => {
    if (options[name] !== undefined && !fits)
      throw new UsageError(`train: --${name} belongs to ${to}, got --${name} ${String(options[name])} without it`);
  };
  belongs("variance", options.likelihood === "gaussian", "--likelihood gaussian");
  belongs("momentum", options.optimizer === "sgd", "--optimizer sgd");
  if (options["no-checkpoint"] && options["checkpoint-every"] !== undefined) {
    throw new UsageError(
      `train: --checkpoint-every and --no-checkpoint exclude each other, got --checkpoint-every ${options["checkpoint-every"]} and --no-checkpoint`,
    );
  }
  checkObjectiveOptions(options);
  checkPriorOptions(options);
  checkRemedy(options);
  if (options.momentum !== undefined && options.momentum >= 1) throw new UsageError(`train: --momentum is below 1, got ${options.momentum}`);
  if (options.out === undefined && options.resume === undefined) throw new UsageError("train: --out is a path, got none");
  if (options.validation !== undefined && Number(options.validation) >= 1) {
    throw new UsageError(`train: --validation is a file or a fraction below 1, got ${options.validation}`);
  }
}

/** Pairs of options of which each says what the other one would. */
const APART = [
  ["beta-warm-up", "beta-cycles"],
  ["free-bits", "capacity"],
] as const;

/** UsageError for options that would be accepted and then do nothing, or that contradict each other. */
export function checkObjectiveOptions(options: ObjectiveArguments): void {
  const { objective, beta, kl } = options;
  const given = (name: keyof ObjectiveArguments): string => `--${name} ${String(options[name])}`;
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

/** UsageError for options that would be accepted and then do nothing, or that contradict each other. */
function checkPriorOptions({ prior, components, condition, kl, "free-bits": freeBits }: TrainArguments): void {
  const fail = (name: string, to: string): never => {
    throw new UsageError(`train: --${name} belongs to ${to}, got --prior ${prior}`);
  };
  if (prior === "normal" && components !== undefined) fail("components", "--prior mixture or vamp");
  if (prior === "normal") return;
  if (kl === "analytic") fail("kl analytic", "--prior normal");
  if (freeBits !== undefined) fail("free-bits", "--prior normal");
  if (prior === "vamp" && condition !== undefined) fail("condition", "--prior normal or mixture");
}

/** UsageError where there is no KL that the remedy could change. */
function checkRemedy({ remedy, objective, prior }: Pick<TrainArguments, "remedy" | "objective" | "prior">): void {
  if (remedy === undefined) return;
  if (objective !== "elbo") throw new UsageError(`train: --remedy belongs to --objective elbo, got --remedy ${remedy} with ${objective}`);
  if (remedy !== "all" && !remediesFor({ prior }).includes(remedy)) {
    throw new UsageError(`train: --remedy ${remedy} belongs to --prior normal, got --prior ${prior}`);
  }
}
