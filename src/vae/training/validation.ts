/** The losses of a model on data that it was not trained on: one noise draw for each example, the same ones every time. */
import { batchOf, type Dataset } from "../../data/dataset.ts";
import type { CapturedStep, Slice, StepRow } from "../../device/device.ts";
import { word } from "../../kernel.ts";
import { streams } from "../../streams.ts";
import { elboObjective } from "../objectives/elbo_objective.ts";
import type { Objective } from "../objectives/objective.ts";
import { type Turn, turns } from "../../turns.ts";
import type { Vae } from "../vae.ts";
import { firstBadOutput, nameOf } from "./bad_values.ts";
import { averages, firstNonFinite, lossOf, type Losses, NonFiniteError, writeLoss } from "./losses.ts";

/** Rows per launch; the last batch has what is left. */
const BATCH = 512;

const layout = { offset: "u32", slot: "u32", noise0: "u32", noise1: "u32" } as const;

export class Validation {
  readonly #vae: Vae;
  readonly #data: Dataset;
  readonly #seed: number;
  readonly #objective: Objective;
  readonly #batches: number;
  readonly #sums: Slice;
  readonly #captured = new Map<number, CapturedStep>();

  constructor(vae: Vae, data: Dataset, seed: number, objective?: Objective) {
    this.#vae = vae;
    this.#data = data;
    this.#seed = seed;
    // Free bits and their like are for training: what a model is worth is the bound itself.
    this.#objective = objective?.importance ? objective : elboObjective();
    this.#batches = Math.ceil(data.rows / BATCH);
    this.#sums = vae.device.alloc("f32", 3 * this.#batches, "unscoped");
  }

  /** Compiles what `run` runs, in parallel. */
  async prepare(): Promise<void> {
    const rest = this.#data.rows % BATCH;
    const sizes = this.#batches > 1 ? [BATCH, rest] : [this.#data.rows];
    await Promise.all(sizes.filter((rows) => rows > 0).map((rows) => this.#step(rows).prepare()));
  }

  /** Scores the whole data set with the parameters as they are now, with a turn after each batch. */
  async run(turn: Turn = turns()): Promise<Losses> {
    for (let slot = 0; slot < this.#batches; slot++) {
      this.#step(this.#rowsOf(slot)).replay([this.#rowOf(slot)]);
      await turn();
    }
    const sums = await this.#vae.device.read(this.#sums);
    const bad = firstNonFinite(sums, 0, this.#batches);
    if (bad >= 0) throw await this.#fault(bad, lossOf(sums, bad));
    return averages(sums, this.#batches, { rows: this.#data.rows, batchSize: BATCH, objective: this.#objective });
  }

  /** Runs one batch again, launch by launch. */
  async #fault(slot: number, loss: number): Promise<NonFiniteError> {
    const { device, parameters } = this.#vae;
    const rows = this.#rowsOf(slot);
    const bad = await firstBadOutput(device, () => device.step(layout, this.#rowOf(slot), () => this.#launch(rows)));
    const tensor = bad && nameOf(parameters, rows, bad);
    const found = tensor === undefined ? "run again, it is finite" : `the first tensor that is not finite is ${tensor}`;
    const batch = `rows ${slot * BATCH} to ${slot * BATCH + rows - 1}`;
    return new NonFiniteError(`train: the validation's loss is ${loss} in ${batch}; ${found} (lower the learning rate, or scale the data)`, {
      tensor,
    });
  }

  dispose(): void {
    for (const step of this.#captured.values()) step.dispose();
    this.#vae.device.free(this.#sums, "was freed with its validation");
  }

  #step(rows: number): CapturedStep {
    let captured = this.#captured.get(rows);
    if (captured === undefined) {
      captured = this.#vae.device.capture(layout, () => this.#launch(rows));
      this.#captured.set(rows, captured);
    }
    return captured;
  }

  #rowsOf(slot: number): number {
    return Math.min(BATCH, this.#data.rows - slot * BATCH);
  }

  #rowOf(slot: number): StepRow {
    const [noise0, noise1] = streams.validationNoise(this.#seed, slot).words;
    return { offset: slot * BATCH, slot, noise0, noise1 };
  }

  #launch(rows: number): void {
    const { device, parameters } = this.#vae;
    device.scope(() => {
      const batch = batchOf(this.#data, rows, word("offset"));
      const noise = { words: [word("noise0"), word("noise1")] as const };
      writeLoss(this.#objective.loss(this.#vae, batch, { noise, parameters: parameters.frozen() }), this.#sums, word("slot"));
    });
  }
}
