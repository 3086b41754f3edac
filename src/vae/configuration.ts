/** What a training run was configured with, as plain JSON. */
import type { Dataset } from "../data/dataset.ts";
import type { Optimizer } from "../nn/optimizer.ts";
import type { TrainingState } from "./checkpoint.ts";
import { storedConfig } from "./save.ts";
import type { TrainOptions } from "./train.ts";
import type { Vae } from "./vae.ts";

/** Everything that must be the same in a resumed run. */
export function configurationOf(vae: Vae, data: Dataset, options: TrainOptions, optimizer: Optimizer): TrainingState["config"] {
  const { batchSize, seed, clip = {}, binarise = false, earlyStopping = null, beta = 1, validation, settings } = options;
  const scheduled = (given: unknown): unknown => (typeof given === "number" ? given : "scheduled");
  return {
    ...storedConfig(vae),
    rows: data.rows,
    validationRows: validation?.rows ?? 0,
    batchSize,
    trainingSeed: seed,
    optimizer: optimizer.name,
    learningRate: scheduled(options.learningRate ?? optimizer.learningRate),
    beta: scheduled(beta),
    clip,
    binarise,
    earlyStopping,
    ...settings,
  };
}
