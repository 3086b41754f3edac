/** Training as an asynchronous iterator: one report for each epoch. */
import { checkOptions } from "../../check.ts";
import type { Dataset } from "../../data/dataset.ts";
import { EarlyStopping } from "../../nn/early_stopping.ts";
import { checkColumns } from "../check_data.ts";
import { breathe } from "../../breathe.ts";
import { checkSource, fillFrom, stateDict } from "../files/state_dict.ts";
import type { Vae } from "../vae.ts";
import { checkScorable } from "./check_training.ts";
import { type Checkpoint, checkpointSource } from "./checkpoint.ts";
import { CheckpointTimes } from "./checkpoint_times.ts";
import { type Configuration, configurationOf } from "./configuration.ts";
import { checkLosses, checkWeights } from "./fault.ts";
import { averages, boundOf, type EpochReport, type Losses } from "./losses.ts";
import { checkResume } from "./resume.ts";
import { type CheckpointMoment, TRAIN_OPTIONS, type TrainOptions } from "./train_options.ts";
import { Trainer } from "./trainer.ts";
import { Validation } from "./validation.ts";

/** How long a group of steps should take, so that progress, signals and the event loop are served between groups. */
const GROUP_MS = 250;
/** How often the weights are checked and kept: a fault is searched for in the steps since then. */
const KEEP_MS = 1000;

/** The models that a run is training: it has their gradients and their optimizer's states to itself. */
const training = new WeakSet<Vae>();

/**
 * Minimises mean(reconstruction + beta·kl), or the `objective`, over shuffled batches, the last partial one kept. The same seed on the same device gives the same
 * bits, resumed or not. Everything that it allocates is freed when the iteration ends, however it ends. A loss or a weight that is NaN or infinite
 * is a NonFiniteError, after which the model has the last weights that were good, a second older or so.
 */
export async function* train(vae: Vae, data: Dataset, options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  checkOptions("train", options, TRAIN_OPTIONS, ["epochs"]);
  const { validation, signal } = options;
  checkColumns("train", vae, data);
  if (validation) {
    checkColumns("train", vae, validation, "validation");
    checkScorable(vae, validation);
  }
  signal?.throwIfAborted();
  if (training.has(vae))
    throw new TypeError("train: a model has one training at a time, got a second one (let the first end, or make another model)");
  training.add(vae);
  let run: EpochLoop | undefined;
  try {
    run = new EpochLoop(vae, data, options);
    await run.prepare();
    while (run.goesOn) {
      yield await run.nextEpoch();
      if (run.goesOn) await run.checkpointIfDue();
    }
    await run.end();
  } finally {
    training.delete(vae);
    run?.dispose();
  }
}

const NONE: Losses = { negElbo: NaN, reconstruction: NaN, kl: NaN };

class EpochLoop {
  readonly #vae: Vae;
  readonly #data: Dataset;
  readonly #options: TrainOptions;
  readonly #trainer: Trainer;
  readonly #validator: Validation | undefined;
  readonly #stopping: EarlyStopping | undefined;
  /** Epochs reported so far. */
  readonly #history: EpochReport[] = [];
  readonly #config: Configuration;
  readonly #times: CheckpointTimes;
  #stopped = false;
  #keptAt = 0;
  #compiling: ReturnType<typeof setInterval> | undefined;

  constructor(vae: Vae, data: Dataset, options: TrainOptions) {
    this.#vae = vae;
    this.#data = data;
    this.#options = options;
    this.#stopping = options.earlyStopping && new EarlyStopping(options.earlyStopping);
    this.#trainer = new Trainer(vae, data, options);
    this.#validator = options.validation && new Validation(vae, options.validation, options.seed, options.objective);
    this.#config = configurationOf(vae, data, options, this.#trainer);
    try {
      if (options.resume) this.#resume(options.resume);
      this.#times = new CheckpointTimes(options, this.#trainer.step);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Whether there are epochs left to run. */
  get goesOn(): boolean {
    return this.#history.length < this.#options.epochs && !this.#stopped;
  }

  /** Compiles in parallel what steps and validation run. Some drivers compile at the first launch: `onCompile` is told until that is done. */
  async prepare(): Promise<void> {
    const start = performance.now();
    const ready = Promise.all([this.#trainer.prepare(), this.#validator?.prepare()]);
    const shaders = this.#vae.device.compiling;
    const tell = (): void => this.#options.onCompile?.({ shaders, seconds: (performance.now() - start) / 1000 });
    if (shaders > 0) this.#compiling = setInterval(tell, 1000);
    await ready;
    await breathe();
    this.#keep();
  }

  /** Runs what is left of the current epoch, scores the validation set, and asks early stopping. */
  async nextEpoch(): Promise<EpochReport> {
    const epoch = this.#history.length + 1;
    const { losses, stepMs } = await this.#steps(epoch);
    const validation = await this.#validator?.run(() => this.#turn());
    const { device, parameters } = this.#vae;
    const report = { epoch, ...losses, ...(validation && { validation }), device: device.name, stepMs };
    this.#history.push(report);
    if (this.#judge(report) === "best") device.copy(parameters.value, parameters.state("best"));
    return report;
  }

  async checkpointIfDue(): Promise<void> {
    if (this.#times.due(this.#trainer.step)) await this.#hand(await this.#checkpoint(), "due");
  }

  /** Makes sure of the last weights, and restores those that early stopping found best; the last checkpoint has the weights from which epochs go on. */
  async end(): Promise<void> {
    await checkWeights(this.#trainer);
    const last = this.#times.any && this.#options.onCheckpoint ? await this.#checkpoint() : undefined;
    const { parameters, device } = this.#vae;
    if (this.#hasBest) device.copy(parameters.state("best"), parameters.value);
    if (last) await this.#hand(last, "end");
  }

  dispose(): void {
    clearInterval(this.#compiling);
    this.#trainer.dispose();
    this.#validator?.dispose();
  }

  get #hasBest(): boolean {
    return this.#stopping !== undefined && this.#stopping.state.best < Number.MAX_VALUE;
  }

  /** The steps of the epoch that are not done yet, in groups of a fraction of a second. */
  async #steps(epoch: number): Promise<{ losses: Losses; stepMs: number }> {
    const trainer = this.#trainer;
    const steps = trainer.stepsPerEpoch;
    const first = trainer.step - (epoch - 1) * steps;
    const start = performance.now();
    let group = 1;
    let losses = first > 0 ? await this.#lossesOf(0, first) : NONE;
    for (let done = first; done < steps;) {
      await this.#throwIfAborted();
      const before = performance.now();
      const count = Math.min(group, steps - done, this.#times.stepsLeft(trainer.step));
      trainer.steps(count);
      losses = await this.#lossesOf(done, done + count);
      done += count;
      clearInterval(this.#compiling);
      const now = performance.now();
      if (now - this.#keptAt >= KEEP_MS) await this.#checkAndKeep();
      const whole = { done: (epoch - 1) * steps + done, total: this.#options.epochs * steps };
      this.#options.onProgress?.({ ...whole, epoch, step: done, steps, negElbo: losses.negElbo, stepMs: (now - start) / (done - first) });
      if (done < steps) await this.checkpointIfDue();
      group = Math.max(1, Math.min(64, 2 * group, Math.round((count * GROUP_MS) / (now - before))));
      await breathe();
    }
    return { losses, stepMs: (performance.now() - start) / Math.max(1, steps - first) };
  }

  /** Waits for the steps so far, of which `from` … `to − 1` are new; averages from the epoch's start to `to`. */
  async #lossesOf(from: number, to: number): Promise<Losses> {
    const sums = await this.#trainer.sums();
    await checkLosses(this.#trainer, sums, from, to);
    return averages(sums, to, { rows: this.#data.rows, batchSize: this.#options.batchSize, objective: this.#trainer.objective });
  }

  async #turn(): Promise<void> {
    await breathe();
    await this.#throwIfAborted();
  }

  async #throwIfAborted(): Promise<void> {
    const { signal, onCheckpoint } = this.#options;
    if (signal?.aborted && onCheckpoint) await this.#hand(await this.#checkpoint(), "stopped");
    signal?.throwIfAborted();
  }

  async #checkAndKeep(): Promise<void> {
    await checkWeights(this.#trainer);
    this.#keep();
  }

  #keep(): void {
    this.#trainer.keep();
    this.#keptAt = performance.now();
  }

  async #checkpoint(): Promise<Checkpoint> {
    await checkWeights(this.#trainer);
    const tensors = await this.#trainer.tensors();
    if (this.#hasBest) {
      for (const [name, stored] of await stateDict(this.#vae, this.#vae.parameters.state("best"))) tensors.set(`best.${name}`, stored);
    }
    const { step, stepsPerEpoch } = this.#trainer;
    const { epochs } = this.#options;
    return { tensors, state: { step, stepsPerEpoch, epochs, config: this.#config, history: [...this.#history] } };
  }

  async #hand(checkpoint: Checkpoint, moment: CheckpointMoment): Promise<void> {
    await this.#options.onCheckpoint?.(checkpoint, moment);
    this.#times.taken(checkpoint.state.step);
  }

  #resume({ state, tensors }: Checkpoint): void {
    checkResume(this.#vae, this.#data, this.#options, this.#trainer);
    this.#history.push(...state.history);
    for (const report of state.history) this.#judge(report);
    const best = checkpointSource(tensors, "best.");
    if (this.#hasBest) checkSource(this.#vae, best);
    this.#trainer.restore(state.step, tensors);
    if (this.#hasBest) fillFrom(this.#vae, best, this.#vae.parameters.state("best"));
  }

  /** What early stopping says of an epoch. */
  #judge(report: EpochReport): "best" | "wait" | "stop" | undefined {
    const verdict = this.#stopping?.update(boundOf(report.validation ?? report));
    this.#stopped = verdict === "stop";
    return verdict;
  }
}
