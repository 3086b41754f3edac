/** What is wrong with data and options, said before training allocates anything. */
import { checkOptions } from "../../check.ts";
import { TRAIN_OPTIONS } from "./train_options.ts";
import { CLIP } from "./trainer_options.ts";
import type { Dataset } from "../../data/dataset.ts";
import { checkColumns, checkFinite } from "../check_data.ts";
import type { Vae } from "../vae.ts";
import { type LaidOut, layOut } from "./laid_out.ts";
import type { TrainerOptions } from "./trainer_options.ts";

/** Everything about data and options that is wrong before anything is allocated; returns what the schedules come to, each tried once. */
export function checkTraining(vae: Vae, data: Dataset, options: TrainerOptions): LaidOut {
  checkColumns("train", vae, data);
  checkOptions("train", options, TRAIN_OPTIONS, ["batchSize", "seed"]);
  const { batchSize, clip = {} } = options;
  if (batchSize > data.rows) throw new RangeError(`train: batchSize is at most the ${data.rows} rows of the data, got ${batchSize}`);
  checkOptions("train", clip, CLIP, [], "clip is");
  checkObjective(options);
  const laid = layOut(data, options);
  checkScorable(vae, data);
  if (options.binarise && data.firstOutsideUnit) {
    const { value, row, column } = data.firstOutsideUnit;
    throw new RangeError(`train: only values in [0, 1] can be binarised, found ${value} at row ${row}, column ${column}`);
  }
  return laid;
}

function checkObjective({ objective, beta = 1 }: TrainerOptions): void {
  if (!objective?.importance || beta === 1) return;
  const got = typeof beta === "number" ? beta : "a schedule";
  throw new RangeError(`train: beta weighs the KL of an ELBO, got ${got} with the objective ${objective.name} (leave it out)`);
}

/** Throws unless every value of the data is one that the model's likelihood can score. */
export function checkScorable(vae: Vae, data: Dataset): void {
  checkFinite("train", data, vae.config);
  vae.config.likelihood.check(data);
}
