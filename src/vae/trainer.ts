/** Training step by step: the readable graph of `elbo` and `grad`, captured once for each batch size and replayed with one row of numbers per step. */
import { grad } from "../autodiff.ts";
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { CapturedStep, Slice, StepRow } from "../device/device.ts";
import { type TypedArray, word } from "../kernel.ts";
import { Adam, type AdamOptions } from "../nn/adam.ts";
import { writeSums } from "../ops/elbo_sums.ts";
import { type Key, key, permutation } from "../random.ts";
import { elbo } from "./elbo.ts";
import type { Vae } from "./vae.ts";

export interface TrainerOptions extends AdamOptions {
  readonly batchSize: number;
  /** The weight of the KL; default 1. */
  readonly beta?: number;
  /** Of the shuffling and the noise. */
  readonly seed: number;
  /** False runs every step eagerly, launch by launch: the same bits, more slowly. Default true. */
  readonly capture?: boolean;
}

/** What changes from step to step. */
const layout = {
  offset: "u32",
  slot: "u32",
  noise0: "u32",
  noise1: "u32",
  nllWeight: "f32",
  klWeight: "f32",
  stepSize: "f32",
  correction: "f32",
} as const;

type Row = { readonly [K in keyof typeof layout]: number } & StepRow;

export class Trainer {
  /** Steps in an epoch; the last one may have fewer rows. */
  readonly stepsPerEpoch: number;
  readonly #vae: Vae;
  readonly #data: Dataset;
  readonly #options: TrainerOptions;
  readonly #adam: Adam;
  readonly #order: Slice;
  readonly #sums: Slice;
  readonly #shuffle: Key;
  readonly #noise: Key;
  readonly #captured = new Map<number, CapturedStep>();
  #step = 0;

  constructor(vae: Vae, data: Dataset, options: TrainerOptions) {
    checkTraining(vae, data, options);
    this.#vae = vae;
    this.#data = data;
    this.#options = options;
    this.#adam = new Adam(vae.parameters, options);
    this.stepsPerEpoch = Math.ceil(data.rows / options.batchSize);
    this.#order = vae.device.alloc("u32", data.rows, "unscoped");
    this.#sums = vae.device.alloc("f32", 3 * this.stepsPerEpoch, "unscoped");
    [this.#shuffle, this.#noise] = key(options.seed).split();
  }

  /** Steps done so far. */
  get step(): number {
    return this.#step;
  }

  /** Runs the next steps, crossing into new epochs as needed. Nothing waits: `sums` does. */
  steps(count: number): void {
    for (let left = count; left > 0;) {
      const at = this.#step % this.stepsPerEpoch;
      if (at === 0) this.#beginEpoch();
      const full = Math.floor(this.#data.rows / this.#options.batchSize);
      const run = at < full ? Math.min(left, full - at) : 1;
      const rows = at < full ? this.#options.batchSize : this.#data.rows - full * this.#options.batchSize;
      this.#run(
        rows,
        Array.from({ length: run }, (_, i) => this.#rowOf(this.#step + i, rows)),
      );
      this.#step += run;
      left -= run;
    }
  }

  /** Waits for the steps run so far; three numbers for each step of the current epoch: objective, Σ reconstruction, Σ kl. */
  async sums(): Promise<TypedArray> {
    return this.#vae.device.read(this.#sums);
  }

  dispose(): void {
    for (const step of this.#captured.values()) step.dispose();
    for (const slice of [this.#order, this.#sums]) this.#vae.device.free(slice, "was freed with its trainer");
  }

  #beginEpoch(): void {
    const epoch = this.#step / this.stepsPerEpoch;
    this.#vae.device.write(this.#order, permutation(this.#shuffle.fold(epoch), this.#data.rows));
  }

  /** The row of one step, computed in f64. */
  #rowOf(step: number, rows: number): Row {
    const slot = step % this.stepsPerEpoch;
    const [noise0, noise1] = this.#noise.fold(step).words;
    const weights = { nllWeight: 1 / rows, klWeight: (this.#options.beta ?? 1) / rows };
    return { offset: slot * this.#options.batchSize, slot, noise0, noise1, ...weights, ...this.#adam.at(step + 1) };
  }

  #run(rows: number, steps: readonly Row[]): void {
    const { device } = this.#vae;
    const launch = (): void => device.scope(() => this.#launch(rows));
    if (this.#options.capture === false) {
      for (const row of steps) device.step(layout, row, launch);
      return;
    }
    let captured = this.#captured.get(rows);
    if (captured === undefined) this.#captured.set(rows, (captured = device.capture(layout, launch)));
    captured.replay(steps);
  }

  /** One training step: loss, gradients, update, and the sums for the report. */
  #launch(rows: number): void {
    const { parameters } = this.#vae;
    const batch = batchOf(this.#data, rows, word("offset"), this.#order);
    const noise = { words: [word("noise0"), word("noise1")] as const };
    const weights = { nll: word("nllWeight"), kl: word("klWeight") };
    const { objective, reconstruction, kl } = elbo(this.#vae, batch, { noise, weights });
    grad(objective, [...parameters.tensors.values()], { into: parameters.gradients });
    this.#adam.update({ stepSize: word("stepSize"), correction: word("correction") });
    writeSums(reconstruction, kl, weights, this.#sums, word("slot"));
  }
}

/** Everything about data and options that is wrong before anything is allocated. */
export function checkTraining(vae: Vae, data: Dataset, { batchSize, beta = 1, seed }: TrainerOptions): void {
  if (data.device !== vae.device) throw new TypeError(`train: model and data are on different devices (${vae.device.name} and ${data.device.name})`);
  if (data.columns !== vae.config.input) {
    throw new RangeError(`train: the model has ${vae.config.input} inputs, the data set ${data.columns} columns`);
  }
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) throw new RangeError(`train: batchSize is a whole number of at least 1, got ${batchSize}`);
  if (batchSize > data.rows) throw new RangeError(`train: batchSize is at most the ${data.rows} rows of the data, got ${batchSize}`);
  if (!(beta >= 0 && beta < Infinity)) throw new RangeError(`train: beta is a number of at least 0, got ${beta}`);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`train: seed is a whole number of at least 0, got ${seed}`);
  checkData(vae, data);
}

/** Throws unless every value of the data is one that the model's likelihood can score. */
export function checkData(vae: Vae, { firstNotFinite: cell, ...rest }: Dataset): void {
  if (cell) throw new RangeError(`train: data is finite, found ${cell.value} at row ${cell.row}, column ${cell.column}`);
  vae.config.likelihood.check({ firstNotFinite: cell, ...rest });
}
