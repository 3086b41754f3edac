/** Early stopping (Prechelt 1998): training ends when the validation loss has stopped falling. */

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

/** Counts how long ago the best loss was (Prechelt 1998). */
export class EarlyStopping {
  readonly patience: number;
  readonly minDelta: number;
  /** Before the first loss the largest number there is, not ∞, which JSON has no word for. */
  #best = Number.MAX_VALUE;
  #waited = 0;

  constructor({ patience, minDelta = 0 }: EarlyStoppingOptions) {
    if (!Number.isSafeInteger(patience) || patience < 1) {
      throw new RangeError(`earlyStopping: patience is a whole number of at least 1, got ${patience}`);
    }
    if (!(minDelta >= 0 && minDelta < Infinity)) throw new RangeError(`earlyStopping: minDelta is a number of at least 0, got ${minDelta}`);
    this.patience = patience;
    this.minDelta = minDelta;
  }

  /** Takes the next loss: "best" if it is below the best so far by more than minDelta, "stop" at the end of the patience. NaN is never best. */
  update(loss: number): "best" | "wait" | "stop" {
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
  restore({ best, waited }: EarlyStoppingState): void {
    if (!Number.isFinite(best)) throw new RangeError(`earlyStopping: the best loss is a finite number, got ${best}`);
    if (!Number.isSafeInteger(waited) || waited < 0) throw new RangeError(`earlyStopping: waited is a whole number of at least 0, got ${waited}`);
    this.#best = best;
    this.#waited = waited;
  }
}
