/**
 * The experiment on MNIST of the paper on importance weighted autoencoders (Burda, Grosse and Salakhutdinov 2016, section 5 and table 1), one
 * stochastic layer: everything that its figures depend on, but for the objective and the number of samples, which the table compares.
 */
import { checkValue, FINITE, type Numbers, numbersOf, rowsOf } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import { adam } from "../../nn/adam.ts";
import { glorot } from "../../nn/init.ts";
import type { Schedule } from "../../nn/schedules.ts";
import { bernoulli } from "../likelihoods/bernoulli.ts";
import type { TrainOptions } from "../training/train_options.ts";
import { Vae } from "../vae.ts";

const STAGES = 8;
const BATCH = 20;
/** The paper's, for a loss summed over the batch. */
const EPSILON = 1e-4;

/** Σ 3^(i−1), i = 1 … 8. */
export const IWAE_MNIST_EPOCHS: number = (3 ** STAGES - 1) / 2;

/** 1e-4·round(10^(1 − (i−1)/7), 1) in stage i = 1 … 8, which lasts 3^(i−1) epochs (section 5.1): 0.001, 0.00072, … 0.0001; afterwards the last. */
export function iwaeStages(): Schedule {
  return ({ step, stepsPerEpoch }) => {
    const epoch = Math.floor(step / stepsPerEpoch);
    let stage = 1;
    for (let end = 1; stage < STAGES && epoch >= end; end += 3 ** (stage - 1)) stage++;
    return 1e-4 * (Math.round(10 * 10 ** (1 - (stage - 1) / (STAGES - 1))) / 10);
  };
}

/** 784-200-200-50-200-200-784, tanh, Glorot's weights; the output's bias is the logit of each pixel's mean, clipped to [0.001, 0.999]. */
export function iwaeMnistVae(device: Device, given: Numbers, seed: number): Vae {
  const means = numbersOf("iwaeMnistVae", "means", given);
  const input = means.length;
  const vae = new Vae(device, { input, hidden: [200, 200], latent: 50, activation: "tanh", likelihood: bernoulli(), init: glorot, seed });
  const logits = Float64Array.from(means, (mean) => {
    const p = Math.min(0.999, Math.max(0.001, mean));
    return Math.log(p / (1 - p));
  });
  device.write(vae.parameters.tensors.get("output.bias")!.slice, logits);
  return vae;
}

/**
 * Batches of 20, binarised anew in every epoch, Adam with the stages of the learning rate. The paper sums the loss over the batch and has epsilon 1e-4;
 * the same steps result from the mean, which training takes, with epsilon 1e-4/20, because Adam's ratio is otherwise free of the loss's scale.
 */
export function iwaeMnistTraining(): Pick<TrainOptions, "batchSize" | "binarise" | "optimizer" | "learningRate"> {
  return { batchSize: BATCH, binarise: true, optimizer: adam({ epsilon: EPSILON / BATCH }), learningRate: iwaeStages() };
}

/** scale·(Σi values[i])/rows over the rows i, of each column. */
export function columnMeans(given: Numbers, columns: number, scale: number): Float64Array {
  const values = rowsOf("columnMeans", given, columns);
  checkValue("columnMeans", "scale", scale, FINITE);
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i += columns) for (let c = 0; c < columns; c++) sums[c]! += values[i + c]!;
  return sums.map((sum) => (scale * sum * columns) / values.length);
}
