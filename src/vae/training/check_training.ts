/** What is wrong with data and options, said before training allocates anything. */
import type { Dataset } from "../../data/dataset.ts";
import { checkColumns, checkFinite } from "../check_data.ts";
import type { Vae } from "../vae.ts";
import { type LaidOut, layOut } from "./laid_out.ts";
import type { TrainerOptions } from "./trainer_options.ts";

/** Everything about data and options that is wrong before anything is allocated; returns what the schedules come to, each tried once. */
export function checkTraining(vae: Vae, data: Dataset, options: TrainerOptions): LaidOut {
  const { batchSize, beta = 1, learningRate = 1, seed, clip = {} } = options;
  checkColumns("train", vae, data);
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw new RangeError(`train: batchSize is a whole number of at least 1, got ${batchSize}`);
  if (batchSize > data.rows) throw new RangeError(`train: batchSize is at most the ${data.rows} rows of the data, got ${batchSize}`);
  if (typeof beta === "number" && !(beta >= 0 && beta < Infinity)) throw new RangeError(`train: beta is a number of at least 0, got ${beta}`);
  if (typeof learningRate === "number" && !(learningRate > 0 && learningRate < Infinity)) {
    throw new RangeError(`train: learningRate is a positive number, got ${learningRate}`);
  }
  for (const [name, limit] of Object.entries(clip)) {
    if (!(limit > 0)) throw new RangeError(`train: clip.${name} is a positive number, got ${limit}`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`train: seed is a whole number of at least 0, got ${seed}`);
  checkObjective(options);
  const laid = layOut(data, options);
  checkData(vae, data);
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
export function checkData(vae: Vae, data: Dataset): void {
  checkFinite("train", data);
  vae.config.likelihood.check(data);
}
