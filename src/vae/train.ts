/** Training as an asynchronous iterator: one report for each epoch. */
import type { Dataset } from "../data/dataset.ts";
import { averages, firstNonFinite, type Losses, NonFiniteError } from "./losses.ts";
import { checkData, Trainer, type TrainerOptions } from "./trainer.ts";
import type { Vae } from "./vae.ts";
import { Validation } from "./validation.ts";

export interface Progress {
  /** From 1. */
  readonly epoch: number;
  /** Steps done in this epoch, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Nats per example, over the epoch so far. */
  readonly negElbo: number;
  readonly stepMs: number;
}

export interface TrainOptions extends TrainerOptions {
  readonly epochs: number;
  /** Scored after every epoch. */
  readonly validation?: Dataset;
  /** Stops training at the next group of steps, by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called every fraction of a second. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The averages of an epoch's steps, each at the parameters that it started from, and of the validation at its end: nats per example. */
export interface EpochReport extends Losses {
  readonly epoch: number;
  readonly validation?: Losses;
  readonly device: string;
  /** Wall time of a training step, averaged over the epoch. */
  readonly stepMs: number;
}

/** How long a group of steps should take, so that progress, signals and the event loop are served between groups. */
const GROUP_MS = 250;

/**
 * Minimises mean(reconstruction + beta·kl) with Adam over shuffled batches, the last partial one kept. The same seed on the same device gives
 * the same bits. Everything that it allocates is freed when the iteration ends, however it ends.
 */
export async function* train(vae: Vae, data: Dataset, options: TrainOptions): AsyncGenerator<EpochReport, void, undefined> {
  const { epochs, validation, signal } = options;
  if (!Number.isSafeInteger(epochs) || epochs < 1) throw new RangeError(`train: epochs is a whole number of at least 1, got ${epochs}`);
  if (validation) checkData(vae, validation);
  signal?.throwIfAborted();
  const trainer = new Trainer(vae, data, options);
  const validator = validation && new Validation(vae, validation, options.seed);
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const { losses, stepMs } = await runEpoch(trainer, data, epoch, options);
      const validated = validator && (await validator.run());
      yield { epoch, ...losses, ...(validated && { validation: validated }), device: vae.device.name, stepMs };
    }
  } finally {
    trainer.dispose();
    validator?.dispose();
  }
}

async function runEpoch(trainer: Trainer, data: Dataset, epoch: number, { batchSize, signal, onProgress }: TrainOptions) {
  const steps = trainer.stepsPerEpoch;
  const start = performance.now();
  let done = 0;
  let group = 1;
  let losses: Losses = { negElbo: NaN, reconstruction: NaN, kl: NaN };
  while (done < steps) {
    signal?.throwIfAborted();
    const before = performance.now();
    const count = Math.min(group, steps - done);
    trainer.steps(count);
    const sums = await trainer.sums();
    const bad = firstNonFinite(sums, done, done + count);
    if (bad >= 0)
      throw new NonFiniteError(`train: the loss is not finite at step ${bad + 1} of epoch ${epoch} (lower the learning rate, or scale the data)`);
    done += count;
    losses = averages(sums, 0, done, Math.min(done * batchSize, data.rows));
    const now = performance.now();
    onProgress?.({ epoch, step: done, steps, negElbo: losses.negElbo, stepMs: (now - start) / done });
    group = Math.max(1, Math.min(64, 2 * group, Math.round((group * GROUP_MS) / (now - before))));
    await turn();
  }
  return { losses, stepMs: (performance.now() - start) / steps };
}

/** Lets timers and signals have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
