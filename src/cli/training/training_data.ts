/** What `train` trains on: rows, held-out rows, how they are scaled, and what they are scored by. */
import type { Dataset } from "../../data/dataset.ts";
import { fitScaling, type Scaling, type ScalingKind } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import type { TableFile } from "../../node/tables.ts";
import type { ModelAbout } from "../../vae/files/save.ts";
import type { Likelihood } from "../../vae/likelihoods/likelihood.ts";
import { likelihoodNamed } from "../../vae/likelihoods/registry.ts";
import { UsageError } from "../command.ts";
import { scaledDataset } from "../rows/model_data.ts";
import { readSource, readRows, type Source, splitRows } from "../rows/source.ts";
import { classesIn, labelsIn } from "../rows/table_labels.ts";
import type { TrainArguments } from "./train_options.ts";

export interface TrainingData {
  readonly train: TableFile;
  readonly validation: TableFile | undefined;
  readonly batchSize: number;
  readonly likelihood: Likelihood;
  readonly scaling: Scaling;
  readonly about: ModelAbout;
}

/** The part of a file that is kept for validation where nobody says. */
const FRACTION = 0.1;
/** Rows per step where nobody says. */
const BATCH = 128;

export async function readTrainingData(options: TrainArguments, signal: AbortSignal): Promise<TrainingData> {
  const source = await readSource(options.data, { ...options, signal });
  const { train, validation } = await heldOut(source, options, signal);
  checkFits(train, validation, options);
  const batchSize = options["batch-size"] ?? Math.min(BATCH, train.rows);
  const likelihood = likelihoodOf(options, source);
  const scaling = scalingOf(source, train, likelihood, options);
  const { name, names, width, height } = train;
  const classes = options.condition === undefined ? undefined : classesIn("train", source.train);
  if (classes && validation) labelsIn("train", classes, validation);
  const about: ModelAbout = {
    data: name,
    scaling,
    ...(classes && { classes }),
    ...(names && { names }),
    ...(width !== undefined && height !== undefined && { width, height }),
  };
  return { train, validation, batchSize, likelihood, scaling, about };
}

/** Training and validation rows: a file of one's own, a fraction, or what the data set has. */
async function heldOut(source: Source, options: TrainArguments, signal: AbortSignal): Promise<Pick<Source, "train" | "validation">> {
  const { validation, seed } = options;
  const fraction = validation === undefined ? FRACTION : Number(validation);
  if (!Number.isNaN(fraction)) return source.validation && validation === undefined ? source : splitRows(source.train, fraction, seed);
  return { train: source.train, validation: await readRows(validation!, { ...options, signal }) };
}

function checkFits(train: TableFile, validation: TableFile | undefined, options: TrainArguments): void {
  const { "batch-size": batchSize = 1 } = options;
  if (batchSize > train.rows) {
    throw new UsageError(`train: --batch-size is at most the number of training rows, got ${batchSize} for ${train.rows} rows`);
  }
  if (validation && validation.columns !== train.columns) {
    throw new RangeError(
      `train: validation has the ${train.columns} columns of the training rows, got ${validation.name} with ${validation.columns}`,
    );
  }
  if (options["early-stopping"] !== undefined && !validation) {
    throw new UsageError("train: --early-stopping needs validation rows, got none (--validation FILE or a fraction)");
  }
}

/** The constants, from the training rows alone; a known data set brings its own. */
function scalingOf({ scaling }: Source, train: TableFile, likelihood: Likelihood, options: TrainArguments): Scaling {
  const kind = scalingKind(options, likelihood, train.values instanceof Uint8Array);
  return scaling && kind === "unit" ? scaling : fitScaling(kind, train.values, train.columns);
}

/** p(x|z) as asked for, or as the data suggests: images are grey values in [0, 1], tables are measurements. */
function likelihoodOf({ likelihood, variance }: TrainArguments, { train }: Source): Likelihood {
  const name = likelihood !== "auto" ? likelihood : train.width !== undefined ? "bernoulli" : "gaussianLearned";
  return likelihoodNamed(name, variance === undefined ? {} : { variance });
}

/** How the data is scaled where nobody says: into the range of the likelihood, and no more than needed. */
function scalingKind({ scale }: TrainArguments, likelihood: Likelihood, bytes: boolean): ScalingKind {
  if (scale !== "auto") return scale;
  if (bytes) return "unit";
  return likelihood.name.startsWith("gaussian") ? "standard" : "none";
}

/** Training or validation rows on a device, with the labels of a conditional model. */
export function rowsOn(device: Device, { scaling, about: { classes } }: TrainingData, table: TableFile): Dataset {
  return scaledDataset(device, table.values, table.columns, scaling, classes && labelsIn("train", classes, table));
}
