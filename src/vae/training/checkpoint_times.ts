/** When a run takes checkpoints. */
import type { TrainOptions } from "./train_options.ts";

type CheckpointOptions = Pick<TrainOptions, "checkpointEvery" | "checkpointSeconds">;

export class CheckpointTimes {
  readonly #every: number | undefined;
  readonly #seconds: number | undefined;
  #step: number;
  #time = performance.now();

  /** `step`: where the run starts. */
  constructor({ checkpointEvery: every, checkpointSeconds: seconds }: CheckpointOptions, step: number) {
    this.#every = every;
    this.#seconds = seconds;
    this.#step = step;
  }

  /** Whether there are any, so that the end of the run is one. */
  get any(): boolean {
    return this.#every !== undefined || this.#seconds !== undefined;
  }

  /** Whether one is due after so many steps. */
  due(step: number): boolean {
    if (step === this.#step) return false;
    const late = this.#seconds !== undefined && performance.now() - this.#time >= 1000 * this.#seconds;
    return late || (this.#every !== undefined && step % this.#every === 0);
  }

  /** Steps until one is due by their number. */
  stepsLeft(step: number): number {
    return this.#every === undefined ? Infinity : this.#every - (step % this.#every);
  }

  /** One was taken. */
  taken(step: number): void {
    this.#step = step;
    this.#time = performance.now();
  }
}
