/** What a run of `train` is told, and what it tells. */
import { type Checks, FUNCTION, number, OBJECT, SIGNAL } from "../../check.ts";
import { DATA, type Dataset } from "../../data/dataset.ts";
import type { EarlyStoppingOptions } from "../../nn/early_stopping.ts";
import type { WorkProgress } from "../../turns.ts";
import { CHECKPOINT, type Checkpoint } from "./checkpoint.ts";
import { TRAINER_OPTIONS, type TrainerOptions } from "./trainer_options.ts";

/** How far a run is: `done` and `total` are steps of all of its epochs. */
export interface Progress extends WorkProgress {
  /** From 1. */
  readonly epoch: number;
  /** Steps done in this epoch, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Nats per example, over the epoch so far. */
  readonly negElbo: number;
  readonly stepMs: number;
}

/** What is awaited before the first step on a device that compiles. */
export interface Compiling {
  /** Shaders that were not compiled yet. */
  readonly shaders: number;
  readonly seconds: number;
}

/** Why a checkpoint is taken: it is due, the signal stops the run, or the run has come to its end. */
export type CheckpointMoment = "due" | "stopped" | "end";

/** A run of `train`: what the trainer is told, and when to report, stop and keep. */
export interface TrainOptions extends TrainerOptions {
  readonly epochs: number;
  /** Scored after every epoch. */
  readonly validation?: Dataset;
  /** Ends training when the validation's negElbo, or negBound (without a validation the training's), has not improved for `patience` epochs; the best weights are restored. */
  readonly earlyStopping?: EarlyStoppingOptions;
  /** Stops training at the next group of steps, by throwing the signal's reason; `onCheckpoint` is called first. */
  readonly signal?: AbortSignal;
  /** Called every fraction of a second. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called every second until the first steps are done, if shaders have to be compiled for them. */
  readonly onCompile?: (compiling: Compiling) => void;
  /** Takes a checkpoint after every so many steps; a step that ends an epoch counts after its report. */
  readonly checkpointEvery?: number;
  /** Takes a checkpoint when so many seconds have passed since the start or the last one, between two groups of steps. */
  readonly checkpointSeconds?: number;
  /**
   * Takes a checkpoint; training goes on when its promise is settled. With `checkpointEvery` or `checkpointSeconds` the end of the run is one as well, from
   * which it can go on to more epochs: the model is then as training leaves it, early stopping's best weights restored.
   */
  readonly onCheckpoint?: (checkpoint: Checkpoint, moment: CheckpointMoment) => Promise<void>;
  /**
   * Goes on from a checkpoint of a run with the same configuration and data: the same bits as if it had never stopped. `epochs` may be more than that run's
   * was to have, unless a schedule is laid out over all of it.
   */
  readonly resume?: Checkpoint;
  /** Whatever else must be the same in a resumed run, as plain JSON. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** What each option is, but for what depends on the data. */
export const TRAIN_OPTIONS: Checks<keyof TrainOptions> = {
  ...TRAINER_OPTIONS,
  validation: DATA,
  earlyStopping: OBJECT,
  signal: SIGNAL,
  onProgress: FUNCTION,
  onCompile: FUNCTION,
  checkpointEvery: number("is a whole number of steps of at least 1", (n) => Number.isSafeInteger(n) && n >= 1),
  checkpointSeconds: number("is a positive number of seconds", (x) => x > 0),
  onCheckpoint: FUNCTION,
  resume: CHECKPOINT,
  settings: OBJECT,
};
