/** What a training run was configured with, as plain JSON. */
import type { Dataset } from "../../data/dataset.ts";
import { storedConfig } from "../files/save.ts";
import type { Vae } from "../vae.ts";
import type { TrainingState } from "./checkpoint.ts";
import { plain } from "./scheduled.ts";
import type { TrainOptions } from "./train_options.ts";
import type { Trainer } from "./trainer.ts";

type Trained = Pick<Trainer, "optimizer" | "objective">;

/** Everything that must be the same in a resumed run. */
export function configurationOf(vae: Vae, data: Dataset, options: TrainOptions, trained: Trained): TrainingState["config"] {
  const { batchSize, seed, clip = {}, binarise = false, earlyStopping = null, beta = 1, validation, settings } = options;
  const { optimizer, objective } = trained;
  return {
    ...storedConfig(vae),
    rows: data.rows,
    validationRows: validation?.rows ?? 0,
    batchSize,
    trainingSeed: seed,
    optimizer: optimizer.name,
    learningRate: plain(options.learningRate ?? optimizer.learningRate),
    beta: plain(beta),
    objective: { name: objective.name, samples: objective.samples, ...objective.options },
    clip,
    binarise,
    earlyStopping,
    ...settings,
  };
}
