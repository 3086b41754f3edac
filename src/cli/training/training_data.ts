/** What `train` trains on: rows, held-out rows, how they are scaled, and what they are scored by. */
import type { Dataset } from "../../data/dataset.ts";
import { fitScaling, type Scaling, type ScalingKind } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import type { ModelAbout } from "../../vae/files/about.ts";
import type { Likelihood } from "../../vae/likelihoods/likelihood.ts";
import { likelihoodNamed } from "../../vae/likelihoods/registry.ts";
import { UsageError } from "../command.ts";
import { dataWarnings } from "../doctor/data_warnings.ts";
import { scaledDataset } from "../rows/model_data.ts";
import { likePictures, pictureText } from "../rows/picture_rows.ts";
import { readSource, readRows, type Source, splitRows } from "../rows/source.ts";
import { classesIn, labelsIn } from "../rows/table_labels.ts";
import { checkRange, checkScalable } from "./check_values.ts";
import { chosenLikelihood, chosenScaling, type Taken, takenAs } from "./choices.ts";
import { heldInRange } from "./held_rows.ts";
import type { TrainArguments } from "./train_options.ts";

export interface TrainingData {
  readonly train: NumbersFile;
  readonly validation: NumbersFile | undefined;
  readonly batchSize: number;
  readonly likelihood: Likelihood;
  readonly scaling: Scaling;
  readonly about: ModelAbout;
  readonly taken: Taken;
  /** What looks wrong with the values, and does not end the run. */
  readonly warnings: readonly string[];
}

/** The part of a file that is kept for validation where nobody says. */
const FRACTION = 0.1;
/** Rows per step where nobody says. */
const BATCH = 128;

export async function readTrainingData(options: TrainArguments, signal: AbortSignal): Promise<TrainingData> {
  const read = await readSource(options.data, { ...options, signal });
  const taken = takenAs(read.train, read.scaling !== undefined);
  const source = { ...read, train: taken.table };
  const { train, validation } = await heldOut(source, options, signal);
  checkFits(train, validation, options);
  const batchSize = options["batch-size"] ?? Math.min(BATCH, train.rows);
  const likelihood = likelihoodOf(options, taken);
  const scaling = scalingOf(source, train, chosenScaling(options, taken, likelihood.name));
  checkRange(source.train, train, scaling, likelihood, options);
  const held = validation && heldInRange(validation, train, scaling, likelihood.support !== undefined || options.binarise);
  const { name, names, width, height, channels } = train;
  const classes = options.condition === undefined ? undefined : classesIn("train", source.train);
  if (classes && validation) labelsIn("train", classes, validation);
  const about: ModelAbout = {
    data: name,
    scaling,
    ...(classes && { classes }),
    ...(names && { names }),
    ...(width !== undefined && height !== undefined && { width, height }),
    ...(channels !== undefined && { channels }),
  };
  const density = likelihood.name.startsWith("gaussian") && taken.table.width === undefined;
  const warnings = [...dataWarnings(taken.table, density), ...(held?.warnings ?? [])];
  return { train, validation: held?.table, batchSize, likelihood, scaling, about, taken, warnings };
}

/** Training and validation rows: a file of one's own, a fraction, or what the data set has. */
async function heldOut(source: Source, options: TrainArguments, signal: AbortSignal): Promise<Pick<Source, "train" | "validation">> {
  const { validation, seed } = options;
  const fraction = validation === undefined ? FRACTION : Number(validation);
  if (!Number.isNaN(fraction)) return source.validation && validation === undefined ? source : splitRows(source.train, fraction, seed);
  return { train: source.train, validation: await readRows(validation!, { ...options, ...likePictures(source.train, validation!), signal }) };
}

function checkFits(train: NumbersFile, validation: NumbersFile | undefined, options: TrainArguments): void {
  const { "batch-size": batchSize = 1 } = options;
  if (batchSize > train.rows) {
    throw new UsageError(`train: --batch-size is at most the number of training rows, got ${batchSize} for ${train.rows} rows`);
  }
  if (validation?.channels !== undefined && train.channels !== undefined && pictureText(validation) !== pictureText(train)) {
    throw new RangeError(
      `train: validation has pictures like the training ones, ${pictureText(train)}, got ${validation.name} of ${pictureText(validation)} (--resize, --colour)`,
    );
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
function scalingOf({ train: all, scaling }: Source, train: NumbersFile, kind: ScalingKind): Scaling {
  if (scaling && kind === "unit") return scaling;
  checkScalable(all, kind);
  return fitScaling(kind, train.values, train.columns);
}

/** p(x|z) as asked for, or as the values ask for it. */
function likelihoodOf(options: TrainArguments, taken: Taken): Likelihood {
  const { variance } = options;
  return likelihoodNamed(chosenLikelihood(options, taken), variance === undefined ? {} : { variance });
}

/** Training or validation rows on a device, with the labels of a conditional model. */
export function rowsOn(device: Device, { scaling, about: { classes } }: TrainingData, table: NumbersFile): Dataset {
  return scaledDataset(device, table.values, table.columns, scaling, classes && labelsIn("train", classes, table));
}
