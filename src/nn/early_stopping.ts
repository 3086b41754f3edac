/** Early stopping (Prechelt 1998): training ends when the validation loss has stopped falling. */
import { AT_LEAST_ZERO, checkOptions, type Checks, checkValue, COUNT, FINITE, NUMBER, WHOLE } from "../check.ts";

/** When early stopping gives up. */
export interface EarlyStoppingOptions {
  /** Losses in a row without a new best one, after which training stops. */
  readonly patience: number;
  /** By how much a loss must lie below the best one to be a new best; default 0. */
  readonly minDelta?: number;
}

/** What a checkpoint keeps: plain numbers. */
export interface EarlyStoppingState {
  readonly best: number;
  /** Losses since the best one. */
  readonly waited: number;
}

const OPTIONS: Checks<keyof EarlyStoppingOptions> = { patience: COUNT, minDelta: AT_LEAST_ZERO };
const STATE: Checks<keyof EarlyStoppingState> = { best: FINITE, waited: WHOLE };

/** Counts how long ago the best loss was (Prechelt 1998). */
export class EarlyStopping {
  readonly patience: number;
  readonly minDelta: number;
  /** Before the first loss the largest number there is, not ∞, which JSON has no word for. */
  #best = Number.MAX_VALUE;
  #waited = 0;

  constructor(options: EarlyStoppingOptions) {
    checkOptions("earlyStopping", options, OPTIONS, ["patience"]);
    const { patience, minDelta = 0 } = options;
    this.patience = patience;
    this.minDelta = minDelta;
  }

  /** Takes the next loss: "best" if it is below the best so far by more than minDelta, "stop" at the end of the patience. NaN is never best. */
  update(loss: number): "best" | "wait" | "stop" {
    checkValue("earlyStopping", "loss", loss, NUMBER);
    if (loss < this.#best - this.minDelta) {
      this.#best = loss;
      this.#waited = 0;
      return "best";
    }
    this.#waited++;
    return this.#waited < this.patience ? "wait" : "stop";
  }

  get state(): EarlyStoppingState {
    return { best: this.#best, waited: this.#waited };
  }

  /** Continues from the state of an earlier run. */
  restore(state: EarlyStoppingState): void {
    checkOptions("earlyStopping", state, STATE, ["best", "waited"]);
    const { best, waited } = state;
    this.#best = best;
    this.#waited = waited;
  }
}
