/** The model and the trainer that the options of `train` stand for. */
import type { Device } from "../../device/device.ts";
import type { TrainerOptions } from "../../vae/training/trainer.ts";
import { Vae } from "../../vae/vae.ts";
import { betaOf, objectiveOf } from "./objective_options.ts";
import { priorOf } from "./prior_options.ts";
import type { TrainingData } from "./training_data.ts";
import { learningRateOf, optimizerOf, type TrainOptions } from "./train_options.ts";

export function vaeOf(device: Device, data: TrainingData, options: TrainOptions): Vae {
  const { hidden, latent, activation, seed } = options;
  const { train, likelihood, about } = data;
  const conditional = about.classes && { classes: about.classes.length };
  return new Vae(device, { input: train.columns, hidden, latent, activation, likelihood, seed, prior: priorOf(data, options), ...conditional });
}

export function trainerOptionsOf({ train, batchSize }: TrainingData, options: TrainOptions): TrainerOptions {
  const { epochs, seed, binarise, "clip-norm": norm, "clip-value": value } = options;
  const stepsPerEpoch = Math.ceil(train.rows / batchSize);
  return {
    epochs,
    batchSize,
    seed,
    binarise,
    optimizer: optimizerOf(options),
    learningRate: learningRateOf(options),
    beta: betaOf(options, stepsPerEpoch),
    objective: objectiveOf(options, stepsPerEpoch),
    clip: { ...(norm !== undefined && { norm }), ...(value !== undefined && { value }) },
  };
}
