/** A number that was averaged over examples, and how far off the average may be. */
export interface Estimate {
  readonly mean: number;
  /** √(variance/n), with the variance's n − 1; NaN for one example. */
  readonly standardError: number;
}

/** Mean and variance of numbers that come one at a time, in one pass without cancellation (Welford 1962). */
export class Moments {
  #count = 0;
  #mean = 0;
  /** Σ (x − mean)². */
  #squares = 0;

  add(x: number): void {
    this.#count++;
    const before = x - this.#mean;
    this.#mean += before / this.#count;
    this.#squares += before * (x - this.#mean);
  }

  get count(): number {
    return this.#count;
  }

  get mean(): number {
    return this.#mean;
  }

  /** (1/n)·Σ (x − mean)². */
  get variance(): number {
    return this.#squares / this.#count;
  }

  estimate(): Estimate {
    return { mean: this.#mean, standardError: Math.sqrt(this.#squares / (this.#count - 1) / this.#count) };
  }
}
