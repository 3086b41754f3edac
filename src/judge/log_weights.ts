/** Sums of importance weights that come one at a time as logarithms, in f64 and without overflow. */
export class LogWeights {
  #count = 0;
  #largest = -Infinity;
  /** Σ w and Σ w², w in units of the largest weight. */
  #sum = 0;
  #squares = 0;

  add(logWeight: number): void {
    if (logWeight > this.#largest) {
      const shrink = Math.exp(this.#largest - logWeight);
      this.#sum *= shrink;
      this.#squares *= shrink * shrink;
      this.#largest = logWeight;
    }
    const weight = Math.exp(logWeight - this.#largest);
    this.#sum += weight;
    this.#squares += weight * weight;
    this.#count++;
  }

  get count(): number {
    return this.#count;
  }

  /** log((Σ w)/n). */
  get logMean(): number {
    return this.#largest + Math.log(this.#sum / this.#count);
  }

  /** (Σ w)²/(Σ w²), from 1 to n: as many equal weights would do as well (Kong 1992). */
  get effectiveSamples(): number {
    return (this.#sum * this.#sum) / this.#squares;
  }
}

/** The mean over disjoint groups of `size` weights, in the order in which they come, of each group's log-mean; a last group that is not full is left out. */
export class GroupedBound {
  readonly size: number;
  #group = new LogWeights();
  #groups = 0;
  #total = 0;
  #last = this.#group;

  constructor(size: number) {
    this.size = size;
  }

  add(logWeight: number): void {
    this.#group.add(logWeight);
    if (this.#group.count < this.size) return;
    this.#total += this.#group.logMean;
    this.#groups++;
    this.#last = this.#group;
    this.#group = new LogWeights();
  }

  get bound(): number {
    return this.#total / this.#groups;
  }

  /** Of the last full group. */
  get effectiveSamples(): number {
    return this.#last.effectiveSamples;
  }
}
