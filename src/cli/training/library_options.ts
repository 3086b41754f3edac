/** The library's objects that the options of `train` stand for. */
import { scaled } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import { adam, adamW } from "../../nn/adam.ts";
import type { OptimizerFactory } from "../../nn/optimizer.ts";
import { rmsprop } from "../../nn/rmsprop.ts";
import { constant, cosine, cyclical, type Schedule, stepList, warmUp } from "../../nn/schedules.ts";
import { sgd } from "../../nn/sgd.ts";
import { permutation } from "../../random.ts";
import { streams } from "../../streams.ts";
import { elboObjective } from "../../vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../vae/objectives/iwae_objective.ts";
import type { Objective } from "../../vae/objectives/objective.ts";
import { mixture } from "../../vae/priors/mixture.ts";
import type { Prior } from "../../vae/priors/prior.ts";
import { standardNormal } from "../../vae/priors/standard_normal.ts";
import { vampPrior } from "../../vae/priors/vamp_prior.ts";
import type { TrainerOptions } from "../../vae/training/trainer_options.ts";
import { Vae } from "../../vae/vae.ts";
import type { ObjectiveArguments } from "./objective_options.ts";
import type { TrainArguments } from "./train_options.ts";
import type { TrainingData } from "./training_data.ts";

export function vaeOf(device: Device, data: TrainingData, options: TrainArguments): Vae {
  const { hidden, latent, activation, seed } = options;
  const { train, likelihood, about } = data;
  const conditional = about.classes && { classes: about.classes.length };
  return new Vae(device, { input: train.columns, hidden, latent, activation, likelihood, seed, prior: priorOf(data, options), ...conditional });
}

export function trainerOptionsOf({ train, batchSize }: TrainingData, options: TrainArguments): TrainerOptions {
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
    objective: trainedObjective(options, stepsPerEpoch),
    clip: { ...(norm !== undefined && { norm }), ...(value !== undefined && { value }) },
  };
}

const COMPONENTS = 20;

/** Pseudo-inputs begin as training rows. */
function priorOf({ train: { values, columns, rows }, scaling }: TrainingData, { prior, components: K = COMPONENTS, seed }: TrainArguments): Prior {
  if (prior === "normal") return standardNormal();
  if (prior === "mixture") return mixture({ components: K });
  const order = permutation(streams.pseudoInputs(seed), rows);
  const picked = Array.from({ length: K }, (_, k) => order[k % rows]!);
  const chosen = Float64Array.from({ length: K * columns }, (_, i) => values[picked[Math.floor(i / columns)]! * columns + (i % columns)]!);
  return vampPrior({ pseudoInputs: K, rows: scaled(chosen, columns, scaling) });
}

function optimizerOf({ optimizer, momentum, "weight-decay": weightDecay }: TrainArguments): OptimizerFactory {
  const options = { ...(weightDecay !== undefined && { weightDecay }), ...(momentum !== undefined && { momentum }) };
  return { adam, adamW, sgd, rmsprop }[optimizer](options);
}

/** The learning rate over the run. */
function learningRateOf({ schedule, epochs, "learning-rate": value, "warm-up": steps }: TrainArguments): Schedule {
  const later = [Math.ceil(epochs / 2), Math.ceil((3 * epochs) / 4)];
  const over = { constant: () => constant(value), cosine: () => cosine(value), steps: () => stepList(value, { epochs: later, factor: 0.1 }) }[
    schedule
  ]();
  return steps === undefined ? over : warmUp(over, steps);
}

/** Samples of an importance-weighted bound where nobody says. */
const SAMPLES = 5;

export function trainedObjective(options: ObjectiveArguments, stepsPerEpoch: number): Objective {
  const { objective, samples, kl, "free-bits": freeBits, capacity, "capacity-warm-up": epochs } = options;
  if (objective === "iwae") return iwaeObjective({ samples: samples ?? SAMPLES });
  if (objective === "dreg") return dregObjective({ samples: samples ?? SAMPLES });
  const target = capacity !== undefined && epochs !== undefined ? warmUp(constant(capacity), epochs * stepsPerEpoch) : capacity;
  return elboObjective({
    ...(samples !== undefined && { samples }),
    ...(kl !== undefined && { kl }),
    ...(freeBits !== undefined && { freeBits }),
    ...(target !== undefined && { capacity: target }),
  });
}

/** Beta over the run. */
function betaOf({ beta, "beta-warm-up": epochs, "beta-cycles": cycles }: ObjectiveArguments, stepsPerEpoch: number): number | Schedule {
  if (cycles !== undefined) return cyclical(beta, { cycles });
  return epochs === undefined ? beta : warmUp(constant(beta), epochs * stepsPerEpoch);
}
