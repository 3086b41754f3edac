/** Parts of a model that learn: what rows say of them is added up, and their parameters become the most probable ones given that. */
import type { Origins } from "./densities.ts";
import type { CategoryPart, NumberPart } from "./model.ts";
import type { PartPlan } from "./plan.ts";

/** How much classes lean towards the whole column, in rows of each: of its shares, its mean, its variance. */
const LEAN = { shares: 1, mean: 0.2, variance: 1 };
/** The variance that classes lean towards, as a part of the column's. */
const PART_OF_VARIANCE = 0.1;
/** Of the distribution that all classes share: in deviations of the column, and its share. */
const BROAD = { sds: 4, share: 0.003 };

export interface Learned {
  readonly part: NumberPart | CategoryPart;
  /** Takes the rows [values, classes] that have different values. */
  collect(values: Float64Array, counts: Float64Array, origins: Origins | undefined): void;
  /** Sets the parameters by what was collected, and forgets it. */
  update(): void;
  /** The logarithm of the prior density at the parameters, a constant aside. */
  logPrior(): number;
}

export function learnedOf(plan: PartPlan, classes: number): Learned {
  return plan.kind === "category" ? new LearnedCategory(plan, classes) : new LearnedNumber(plan, classes);
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] extends readonly number[] ? number[] : T[Name] };

/** Probabilities in each class, with Dirichlet's prior about the whole column's. */
class Shares {
  readonly counts: Float64Array;
  readonly #base: readonly number[];
  /** What is left to them of a probability of one. */
  readonly #sum: number;

  constructor(base: readonly number[], classes: number, sum: number) {
    this.#base = base;
    this.#sum = sum;
    this.counts = new Float64Array(classes * base.length);
  }

  /** Writes the probabilities of each class to where it begins in `shares`, one after the other. */
  update(shares: number[], stride: number): void {
    const L = this.#base.length;
    for (let at = 0, to = 0; at < this.counts.length; at += L, to += stride) {
      let all = LEAN.shares;
      for (let l = 0; l < L; l++) all += this.counts[at + l]!;
      for (let l = 0; l < L; l++) shares[to + l] = (this.#sum * (this.counts[at + l]! + LEAN.shares * this.#base[l]!)) / all;
    }
    this.counts.fill(0);
  }

  logPrior(shares: readonly number[], stride: number): number {
    let sum = 0;
    for (let to = 0; to < shares.length; to += stride) {
      for (let l = 0; l < this.#base.length; l++) sum += LEAN.shares * this.#base[l]! * Math.log(shares[to + l]!);
    }
    return sum;
  }
}

class LearnedCategory implements Learned {
  readonly part: Mutable<CategoryPart>;
  readonly #shares: Shares;

  constructor({ kind, column, levels, step, base, rows }: Extract<PartPlan, { kind: "category" }>, classes: number) {
    // less than any that is known can come to
    const unseen = (0.4 * LEAN.shares * Math.min(1, ...base)) / (rows + LEAN.shares);
    this.#shares = new Shares(base, classes, 1 - unseen);
    const shares = Array.from({ length: classes }, () => [...base.map((share) => share * (1 - unseen)), unseen]).flat();
    this.part = { kind, column, step, levels, shares };
  }

  collect(values: Float64Array, counts: Float64Array): void {
    const { levels } = this.part;
    const K = counts.length / values.length;
    values.forEach((level, v) => {
      for (let k = 0; level < levels && k < K; k++) this.#shares.counts[k * levels + level]! += counts[v * K + k]!;
    });
  }

  update(): void {
    this.#shares.update(this.part.shares, this.part.levels + 1);
  }

  logPrior(): number {
    return this.#shares.logPrior(this.part.shares, this.part.levels + 1);
  }
}

type NumberPlan = Extract<PartPlan, { kind: "number" }>;

class LearnedNumber implements Learned {
  readonly part: Mutable<NumberPart>;
  readonly #plan: NumberPlan;
  readonly #shares: Shares;
  /** [classes]: rows from the class's own distribution, and sums of t and t². */
  readonly #rows: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;

  constructor(plan: NumberPlan, classes: number) {
    const { kind, column, of, step, atoms, base, mean, variance } = plan;
    const all = <T>(value: T): T[] => Array.from({ length: classes }, () => value);
    const broad = { mean, sd: BROAD.sds * Math.sqrt(variance), share: BROAD.share };
    this.#plan = plan;
    this.#shares = new Shares(base, classes, 1);
    this.part = { kind, column, of, step, atoms: [...atoms], shares: all(base).flat(), means: all(mean), sds: all(Math.sqrt(variance)), broad };
    [this.#rows, this.#first, this.#second] = [new Float64Array(classes), new Float64Array(classes), new Float64Array(classes)];
  }

  collect(values: Float64Array, counts: Float64Array, origins: Origins): void {
    const { atoms } = this.part;
    const A = atoms.length;
    const K = this.#rows.length;
    let atom = 0;
    for (let v = 0; v < values.length; v++) {
      while (atom < A && atoms[atom]! < values[v]!) atom++;
      for (let k = 0; k < K; k++) {
        const [at, to] = [v * K + k, k * (A + 1)];
        const count = counts[at]!;
        const [own, fromAtom] = [count * origins.own[at]!, count * origins.atom[at]!];
        this.#shares.counts[to + A]! += count - fromAtom;
        if (fromAtom > 0) this.#shares.counts[to + atom]! += fromAtom;
        this.#rows[k]! += own;
        this.#first[k]! += own * origins.first[at]!;
        this.#second[k]! += own * origins.second[at]!;
      }
    }
  }

  update(): void {
    const { means, sds, shares, atoms } = this.part;
    const { mean, variance, least } = this.#plan;
    for (let k = 0; k < means.length; k++) {
      // in units in which the class's mean is 0 and its deviation 1
      const [sd, rows, centre] = [sds[k]!, this.#rows[k]!, (mean - means[k]!) / sds[k]!];
      const moved = (this.#first[k]! + LEAN.mean * centre) / (rows + LEAN.mean);
      const squares = this.#second[k]! - 2 * moved * this.#first[k]! + rows * moved ** 2 + LEAN.mean * (moved - centre) ** 2;
      means[k]! += sd * moved;
      const own = (squares * sd * sd + LEAN.variance * PART_OF_VARIANCE * variance) / (rows + LEAN.variance);
      sds[k] = Math.sqrt(Math.max(least, own));
    }
    this.#shares.update(shares, atoms.length + 1);
    for (const sums of [this.#rows, this.#first, this.#second]) sums.fill(0);
  }

  logPrior(): number {
    const { means, sds, shares, atoms } = this.part;
    const { mean, variance } = this.#plan;
    let sum = this.#shares.logPrior(shares, atoms.length + 1);
    for (let k = 0; k < means.length; k++) {
      const own = sds[k]! ** 2;
      sum -= 0.5 * (LEAN.variance * (Math.log(own) + (PART_OF_VARIANCE * variance) / own) + (LEAN.mean * (means[k]! - mean) ** 2) / own);
    }
    return sum;
  }
}
