/** How much of the KL is information about the data, and how much is distance of the latents as a whole from the prior (Hoffman and Johnson 2016). */
import type { TypedArray } from "../kernel.ts";
import { type Estimate, Moments } from "./moments.ts";
import { type Turn, turns } from "../turns.ts";
import { rowNoise } from "./noise.ts";

/** What the latents say of the data. */
export interface Information {
  /**
   * I(z; i) = E[log q(z|x_i) − log q(z)] in nats, i being an example and q(z) = (1/M)·Σj q(z|x_j) the aggregate posterior; from 0 to log M. Unbiased for
   * these M examples; for all that might have been drawn it is too low where it comes near log M. The error is that of the draws of z.
   */
  readonly mutualInformation: Estimate;
  /** Posteriors in the aggregate, M. */
  readonly posteriors: number;
  /** Draws of z, one for each of as many examples. */
  readonly draws: number;
}

/** Bounds of memory and time: posteriors in the aggregate, and draws of z that are compared with all of them. */
const POSTERIORS = 10_000;
const DRAWS = 1000;

/** The place among `count` things that thing `i` of `of`, spread evenly, takes. */
const spread = (i: number, of: number, count: number): number => Math.floor((i * count) / of);

/** Collects posteriors row by row, and estimates when all have come. Of more than 10,000 rows it keeps as many, spread evenly. */
export class AggregatePosterior {
  readonly #rows: number;
  readonly #L: number;
  readonly #M: number;
  #kept = 0;
  /** The rows that they are of: where one was left out, the next one stands for it. */
  readonly #rowOf: Float64Array;
  /** exp(−logVar/2), mean·exp(−logVar/2) and logVar, [M, L] each. */
  readonly #precision: Float64Array;
  readonly #centre: Float64Array;
  readonly #logVar: Float64Array;

  constructor(rows: number, L: number) {
    this.#rows = rows;
    this.#L = L;
    this.#M = Math.min(rows, POSTERIORS);
    this.#rowOf = new Float64Array(this.#M);
    [this.#precision, this.#centre, this.#logVar] = [1, 2, 3].map(() => new Float64Array(this.#M * L)) as [Float64Array, Float64Array, Float64Array];
  }

  /** The next row's means followed by its log-variances. */
  add(row: number, meanLogVar: TypedArray): void {
    if (this.#kept === this.#M || row < spread(this.#kept, this.#M, this.#rows)) return;
    this.#rowOf[this.#kept] = row;
    const at = this.#L * this.#kept++;
    for (let l = 0; l < this.#L; l++) {
      const logVar = meanLogVar[this.#L + l]!;
      const precision = Math.exp(-0.5 * logVar);
      this.#precision[at + l] = precision;
      this.#centre[at + l] = meanLogVar[l]! * precision;
      this.#logVar[at + l] = logVar;
    }
  }

  /** The z of row i is drawn with the noise that `evaluate` draws for it (src/judge/noise.ts). */
  async information(seed: number, turn: Turn = turns()): Promise<Information> {
    const M = this.#kept;
    const draws = Math.min(M, DRAWS);
    const moments = new Moments();
    const logDensities = new Float64Array(M);
    const halfLogVolumes = Float64Array.from({ length: M }, (_, m) => 0.5 * sumOf(this.#logVar.subarray(m * this.#L, (m + 1) * this.#L)));
    for (let i = 0; i < draws; i++) {
      const own = spread(i, draws, M);
      const z = this.#draw(own, rowNoise(seed, this.#rowOf[own]!, 1, this.#L));
      for (let m = 0; m < M; m++) logDensities[m] = -halfLogVolumes[m]! - 0.5 * this.#distance(z, m);
      moments.add(logDensities[own]! - logMeanExp(logDensities));
      await turn();
    }
    return { mutualInformation: moments.estimate(), posteriors: M, draws };
  }

  #draw(m: number, noise: Float64Array): Float64Array {
    return noise.map((value, l) => (this.#centre[m * this.#L + l]! + value) / this.#precision[m * this.#L + l]!);
  }

  /** Σl (z − mean)²/exp(logVar), of posterior m. */
  #distance(z: Float64Array, m: number): number {
    const L = this.#L;
    let sum = 0;
    for (let l = 0, at = m * L; l < L; l++, at++) {
      const t = z[l]! * this.#precision[at]! - this.#centre[at]!;
      sum += t * t;
    }
    return sum;
  }
}

const sumOf = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

/** log of the mean of exp(x). */
function logMeanExp(x: Float64Array): number {
  let largest = -Infinity;
  for (const value of x) largest = Math.max(largest, value);
  let sum = 0;
  for (const value of x) sum += Math.exp(value - largest);
  return largest + Math.log(sum / x.length);
}
