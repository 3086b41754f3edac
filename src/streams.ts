/**
 * Which key each purpose draws from, in one table: what it is for, what it is a function of, and who draws. A purpose has a domain of its own
 * (`keyIn` of random.ts), so that no two of them get the same numbers, neither where one seed is that of a model, its training and its evaluation, nor
 * where a program passes a key of that seed, say to `vae.sample`. Nothing else in src makes keys of keys.
 */
import { type Key, key, keyIn } from "./random.ts";

/** Key number n in a domain of a seed or a key; where there are more numbers, their `fold`. */
function stream(domain: number, of: number | Key, n = 0, ...more: readonly number[]): Key {
  const root = typeof of === "number" ? key(of) : of;
  return more.reduce((parent, m) => parent.fold(m), keyIn(domain, root, n));
}

/** The key of each purpose, by what its numbers depend on: `streams.noise(seed, step)` is that of the noise of a training step. */
export const streams = {
  // The first values of a model, of its seed: src/vae/parameter_specs.ts, src/nn/init.ts

  /** What layer i is initialised from: encoder, heads, decoder, output, counted from 0. */
  layer: (seed: number, i: number): Key => stream(1, seed, i),
  /** The first values of a prior that is learned. */
  prior: (seed: number): Key => stream(2, seed),
  /** The weight of a layer, of the layer's key. */
  weight: (layer: Key): Key => stream(3, layer),
  /** The bias of a layer, of the layer's key. */
  bias: (layer: Key): Key => stream(4, layer),

  // Training, of its seed: src/vae/training

  /** The order of the rows in an epoch, counted from 0: a `permutation`. */
  shuffle: (seed: number, epoch: number): Key => stream(5, seed, epoch),
  /** The noise of z in a step, counted from 0 over the whole run: element (s·B + i)·L + l for latent l of sample s of the batch's row i. */
  noise: (seed: number, step: number): Key => stream(6, seed, step),
  /** Pixels drawn by their grey values in an epoch: element i·D + d for column d of the data's row i. */
  binarisation: (seed: number, epoch: number): Key => stream(7, seed, epoch),
  /** By what numbers are moved within the steps of their grids in an epoch, and nothing else: `uniform_at` of lib/table_cells.wgsl. */
  grid: (seed: number, epoch: number): Key => stream(22, seed, epoch),
  /** The noise of z in a batch of the validation rows, the same in every epoch. */
  validationNoise: (seed: number, batch: number): Key => stream(8, seed, batch),

  // What a model is worth, of the evaluation's seed: src/judge

  /** The noise of z of a row, whichever batch it comes in: `evaluate`, and the information in the latents. */
  evaluationNoise: (seed: number, row: number): Key => stream(9, seed, row),
  /** The noise of 16 samples of z for each of 256 rows, `rows` and `samples` counting such blocks: `estimateNll`. */
  importanceNoise: (seed: number, rows: number, samples: number): Key => stream(10, seed, rows, samples),

  // Draws from a model, of the key that `sample` is given: src/vae/vae.ts, src/vae/priors

  /** What the prior draws latents from. */
  latents: (sample: Key): Key => stream(11, sample),
  /** What x is drawn from p(x|z) with. */
  pixels: (sample: Key): Key => stream(12, sample),
  /** Which component of a mixture each draw of z is of, of the prior's key. */
  component: (latents: Key): Key => stream(13, latents),
  /** The noise about a component's mean, of the prior's key. */
  componentNoise: (latents: Key): Key => stream(14, latents),

  // The command line, of --seed: src/cli

  /** The rows that are held out for validation: the first of a `permutation`. */
  validationRows: (seed: number): Key => stream(15, seed),
  /** The rows that pseudo-inputs are at first: the first of a `permutation`. */
  pseudoInputs: (seed: number): Key => stream(16, seed),
  /** What `sample` is given for the picture of a run. */
  picture: (seed: number): Key => stream(17, seed),

  // The laboratory and the linear algebra: src/lab, src/data/eigen.ts

  /** An array of the operands that a kernel is checked and timed on. */
  operand: (operands: Key, array: number): Key => stream(18, operands, array),
  /** By what the numbers of an array are moved in a sample of how far rounding may carry a kernel. */
  rounding: (seed: number, sample: number, array: number): Key => stream(19, seed, sample, array),
  /** The last bits of the numbers that the accuracy of functions is measured at. */
  accuracy: (): Key => stream(20, 0),
  /** Where inverse iteration for an eigenvector begins. */
  eigenvector: (i: number): Key => stream(21, 0, i),

  // Mixtures of products: src/judge/latent_classes

  /** The order of the rows, the first of which are held out: a `permutation`. */
  latentClassRows: (seed: number): Key => stream(30, seed),
  /** The rows that classes begin at, of their number and the fold. */
  latentClassStart: (seed: number, classes: number, fold: number): Key => stream(31, seed, classes, fold),
  /** Of the key that `sample` is given: the class of each row, and its cells. */
  latentClassDraws: (sample: Key): Key => stream(32, sample),
};
