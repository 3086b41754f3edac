/** Training step by step: the readable graph of `elbo` and `grad`, captured once for each batch size and replayed with one row of numbers per step. */
import { checkValue, WHOLE } from "../../check.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { CapturedStep, Slice, StepRow } from "../../device/device.ts";
import { fill } from "../../fill.ts";
import type { StoredTensor } from "../../formats/safetensors.ts";
import type { TypedArray } from "../../kernel.ts";
import type { Optimizer } from "../../nn/optimizer.ts";
import { sum } from "../../ops/reduce.ts";
import { permutation } from "../../random.ts";
import { streams } from "../../streams.ts";
import { Tensor } from "../../tensor.ts";
import { checkSource, fillFrom, stateDict } from "../files/state_dict.ts";
import type { Objective } from "../objectives/objective.ts";
import type { Vae } from "../vae.ts";
import { firstBadIndex, firstBadOutput, nameOf } from "./bad_values.ts";
import { checkpointSource, sumsOf } from "./checkpoint.ts";
import { checkTraining } from "./check_training.ts";
import type { LaidOut } from "./laid_out.ts";
import { settle } from "./settled.ts";
import { timeOf, valueAt } from "./scheduled.ts";
import { Snapshot } from "./snapshot.ts";
import type { TrainerOptions } from "./trainer_options.ts";
import { TrainingStep } from "./training_step.ts";

/** Training, step by step: `train` is a loop over it. A step is captured once for each batch size and replayed. */
export class Trainer {
  /** Steps in an epoch; the last one may have fewer rows. */
  readonly stepsPerEpoch: number;
  readonly optimizer: Optimizer;
  readonly objective: Objective;
  /** @internal What the schedules come to over the run. */
  readonly laid: LaidOut;
  readonly #vae: Vae;
  readonly #data: Dataset;
  readonly #options: TrainerOptions;
  readonly #launches: TrainingStep;
  readonly #order: Slice;
  readonly #sums: Slice;
  readonly #captured = new Map<number, CapturedStep>();
  /** Σ weights, and the launches that compute it. */
  readonly #total: Slice;
  #addUp: CapturedStep | undefined;
  #kept: Snapshot | undefined;
  #step = 0;
  /** The epoch whose order is on the device. */
  #ordered = -1;

  constructor(vae: Vae, data: Dataset, options: TrainerOptions) {
    this.laid = checkTraining(vae, data, options);
    this.#vae = vae;
    this.#data = data;
    this.#options = options;
    ({ optimizer: this.optimizer, objective: this.objective } = settle(vae, options));
    this.stepsPerEpoch = timeOf(0, data, options).stepsPerEpoch;
    this.#order = vae.device.alloc("u32", data.rows, "unscoped");
    this.#sums = vae.device.alloc("f32", 3 * this.stepsPerEpoch, "unscoped");
    this.#total = vae.device.alloc("f32", 1, "unscoped");
    const { optimizer, objective } = this;
    this.#launches = new TrainingStep({ vae, data, options, objective, optimizer, order: this.#order, sums: this.#sums });
    vae.device.run(fill, [], [this.#sums], { n: this.#sums.length, value: 0 });
  }

  get vae(): Vae {
    return this.#vae;
  }

  /** What is on the device from step to step besides the parameters, by name. */
  get slices(): ReadonlyMap<string, Slice> {
    const states = [...this.#states()].map(([name, slice]) => [`${this.optimizer.name}.${name}`, slice] as const);
    const labels = this.#data.labels ? [["labels", this.#data.labels.slice] as const] : [];
    return new Map([["data", this.#data.slice], ...labels, ["order", this.#order], ["sums", this.#sums], ...states]);
  }

  /** Steps done so far. */
  get step(): number {
    return this.#step;
  }

  /** Compiles what the steps run, in parallel; otherwise the first step of each batch size stalls for it. */
  async prepare(): Promise<void> {
    if (this.#options.capture === false) return;
    const { batchSize } = this.#options;
    const rest = this.#data.rows % batchSize;
    const steps = [batchSize, rest].filter((rows) => rows > 0).map((rows) => this.#stepOf(rows));
    await Promise.all([...steps, this.#adding()].map((captured) => captured.prepare()));
  }

  /** Runs the next steps, crossing into new epochs as needed. Nothing waits: `sums` does. */
  steps(count: number): void {
    checkValue("steps", "count", count, WHOLE);
    for (let left = count; left > 0;) {
      const { rows, alike } = this.#beginStep();
      const run = Math.min(left, alike);
      this.#run(
        rows,
        Array.from({ length: run }, (_, i) => this.#rowOf(this.#step + i, rows)),
      );
      this.#step += run;
      left -= run;
    }
  }

  /** Whether each weight is finite after the steps run so far: their sum is. */
  async hasFiniteWeights(): Promise<boolean> {
    this.#adding().replay([{}]);
    const [total] = await this.#vae.device.read(this.#total);
    return Number.isFinite(total);
  }

  /** Waits for the steps run so far; three numbers for each step of the current epoch: objective, Σ reconstruction, Σ kl. */
  async sums(): Promise<TypedArray> {
    return this.#vae.device.read(this.#sums);
  }

  /** Copies aside, on the device, all that steps change: where `rewind` goes back to. */
  keep(): void {
    const { device, parameters } = this.#vae;
    this.#kept ??= new Snapshot(device, [...this.#states().values(), parameters.value, this.#sums]);
    this.#kept.take(this.#step);
  }

  /** Goes back to the last `keep`. */
  rewind(): void {
    if (!this.#kept) throw new TypeError("rewind: nothing was kept (call keep first)");
    this.#step = this.#kept.restore();
  }

  /** The first of weights and optimizer's states that is not finite, by name. */
  async badState(): Promise<string | undefined> {
    for (const slice of [this.#vae.parameters.value, ...this.#states().values()]) {
      const index = await firstBadIndex(slice);
      if (index >= 0) return nameOf(this.#vae.parameters, 1, { slice, index }, this.optimizer);
    }
    return undefined;
  }

  /** Runs the next step launch by launch, and reads everything that it writes: the name of the first tensor that is not finite, if there is one. */
  async watchedStep(): Promise<string | undefined> {
    const { device, parameters } = this.#vae;
    const rows = this.#beginStep().rows;
    const bad = await firstBadOutput(device, () => this.eagerStep());
    return bad && nameOf(parameters, rows, bad, this.optimizer);
  }

  /** Runs the next step launch by launch, whatever `capture` says, so that a watcher is told of them. */
  eagerStep(): void {
    const { rows } = this.#beginStep();
    const row = this.#rowOf(this.#step, rows);
    this.#vae.device.step(this.#launches.layout, row, () => this.#launches.launch(rows));
    this.#step++;
  }

  /** Everything on the device that a run goes on from: weights, the optimizer's states, the losses of the epoch so far. */
  async tensors(): Promise<Map<string, StoredTensor>> {
    const tensors: Map<string, StoredTensor> = await stateDict(this.#vae);
    for (const [state, slice] of this.#states()) {
      for (const [name, stored] of await stateDict(this.#vae, slice)) tensors.set(`optimizer.${state}.${name}`, stored);
    }
    const sums = await this.sums();
    return tensors.set("sums", { shape: [sums.length], data: sums });
  }

  /** Goes on from step `step` with what `tensors` gave there; FormatError where something is missing or does not fit, and all stays as it was. */
  restore(step: number, tensors: ReadonlyMap<string, StoredTensor>): void {
    const states = [...this.#states()].map(([state, slice]) => [checkpointSource(tensors, `optimizer.${state}.`), slice] as const);
    const parts = [...states, [checkpointSource(tensors), this.#vae.parameters.value] as const];
    for (const [source] of parts) checkSource(this.#vae, source);
    const sums = sumsOf(tensors, this.stepsPerEpoch);
    for (const [source, slice] of parts) fillFrom(this.#vae, source, slice);
    this.#vae.device.write(this.#sums, sums);
    this.#step = step;
  }

  /** Frees all that it allocated; the model stays. */
  dispose(): void {
    for (const step of this.#captured.values()) step.dispose();
    this.#addUp?.dispose();
    this.#kept?.dispose();
    for (const slice of [this.#order, this.#sums, this.#total]) this.#vae.device.free(slice, "was freed with its trainer");
  }

  /** The optimizer's buffers, by name. */
  #states(): Map<string, Slice> {
    return new Map(this.optimizer.states.map((name) => [name, this.#vae.parameters.state(name)]));
  }

  /** Puts the epoch's order on the device; the rows of the next step's batch, and how many steps from it on have as many. */
  #beginStep(): { rows: number; alike: number } {
    const at = this.#step % this.stepsPerEpoch;
    const epoch = (this.#step - at) / this.stepsPerEpoch;
    const { batchSize, seed } = this.#options;
    if (epoch !== this.#ordered) this.#vae.device.write(this.#order, permutation(streams.shuffle(seed, epoch), this.#data.rows));
    this.#ordered = epoch;
    const full = Math.floor(this.#data.rows / batchSize);
    return at < full ? { rows: batchSize, alike: full - at } : { rows: this.#data.rows - full * batchSize, alike: 1 };
  }

  /** The row of one step, computed in f64. */
  #rowOf(step: number, rows: number): StepRow {
    const slot = step % this.stepsPerEpoch;
    const { batchSize, seed, beta = 1, learningRate = this.optimizer.learningRate } = this.#options;
    const [noise0, noise1] = streams.noise(seed, step).words;
    const epoch = Math.floor(step / this.stepsPerEpoch);
    const [draw0, draw1] = (this.#vae.config.likelihood.jitters ? streams.grid : streams.binarisation)(seed, epoch).words;
    const time = timeOf(step, this.#data, this.#options);
    const scalars = this.objective.at(rows, valueAt("beta", beta, time), time);
    const rates = this.optimizer.at(step + 1, valueAt("learningRate", learningRate, time));
    return { offset: slot * batchSize, slot, noise0, noise1, draw0, draw1, ...scalars, ...rates };
  }

  #run(rows: number, steps: readonly StepRow[]): void {
    if (this.#options.capture !== false) return this.#stepOf(rows).replay(steps);
    for (const row of steps) this.#vae.device.step(this.#launches.layout, row, () => this.#launches.launch(rows));
  }

  /** The captured step of one batch size. */
  #stepOf(rows: number): CapturedStep {
    let step = this.#captured.get(rows);
    if (step === undefined) this.#captured.set(rows, (step = this.#vae.device.capture(this.#launches.layout, () => this.#launches.launch(rows))));
    return step;
  }

  #adding(): CapturedStep {
    const { device, parameters } = this.#vae;
    const weights = new Tensor(device, "f32", [parameters.length], parameters.value, { tracked: false });
    return (this.#addUp ??= device.capture({}, () => device.scope(() => device.copy(sum(weights).slice, this.#total))));
  }
}
