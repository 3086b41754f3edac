/** The averages of an evaluation, collected row by row. */
import type { TypedArray } from "../kernel.ts";
import { gaussianKl } from "../ops/binary_kernel.ts";
import type { Turn } from "../turns.ts";
import { NonFiniteError } from "../vae/training/losses.ts";
import { collapseOf, DEAD } from "./collapse.ts";
import type { Evaluation } from "./evaluation.ts";
import { AggregatePosterior } from "./information.ts";
import { Moments } from "./moments.ts";

/** The least variance of an active latent's posterior mean, which is also what the dead are below. */
const ACTIVE = DEAD.varianceOfMean;

export class EvaluationScores {
  readonly #leftOut: number[] = [];
  #fault: NonFiniteError | undefined;
  readonly #L: number;
  readonly #negElbo = new Moments();
  readonly #reconstruction = new Moments();
  readonly #kl = new Moments();
  readonly #error = new Moments();
  readonly #klOf: readonly Moments[];
  readonly #meanOf: readonly Moments[];
  readonly #aggregate: AggregatePosterior;

  constructor(rows: number, L: number) {
    this.#L = L;
    this.#klOf = Array.from({ length: L }, () => new Moments());
    this.#meanOf = Array.from({ length: L }, () => new Moments());
    this.#aggregate = new AggregatePosterior(rows, L);
  }

  /** The next row, which is left out where its loss is not finite: its reconstruction, its means followed by its log-variances, its squared error per feature, and its KL where that is not to N(0, I). */
  add(row: number, reconstruction: number, meanLogVar: TypedArray, error: number, klToPrior?: number): void {
    const shares = Array.from({ length: this.#L }, (_, l) => gaussianKl.f(meanLogVar[l]!, meanLogVar[this.#L + l]!));
    const kl = klToPrior ?? shares.reduce((sum, share) => sum + share, 0);
    if (!Number.isFinite(reconstruction + kl)) {
      this.#leftOut.push(row);
      this.#fault ??= new NonFiniteError(
        `evaluate: losses are finite, got reconstruction ${reconstruction} and kl ${kl} at row ${row}, and no finite loss in any other row (train again, or scale the data)`,
      );
      return;
    }
    shares.forEach((share, l) => {
      this.#klOf[l]!.add(share);
      this.#meanOf[l]!.add(meanLogVar[l]!);
    });
    this.#reconstruction.add(reconstruction);
    this.#kl.add(kl);
    this.#negElbo.add(reconstruction + kl);
    this.#error.add(error);
    this.#aggregate.add(row, meanLogVar);
  }

  /** When all rows have come; `seed` as in `AggregatePosterior.information`, `standard` whether the prior is N(0, I). */
  async averages(seed: number, standard: boolean, turn: Turn): Promise<Omit<Evaluation, "bitsPerDimension" | "odd">> {
    if (this.#fault && this.#negElbo.count === 0) throw this.#fault;
    const kl = this.#kl.estimate();
    const information = await this.#aggregate.information(seed, turn);
    return {
      rows: this.#negElbo.count,
      leftOut: this.#leftOut,
      negElbo: this.#negElbo.estimate(),
      reconstruction: this.#reconstruction.estimate(),
      kl,
      klPerDimension: this.#klOf.map(({ mean }) => mean),
      collapse: collapseOf(
        this.#klOf.map(({ mean: klMean }, l) => ({ kl: klMean, varianceOfMean: this.#meanOf[l]!.variance })),
        standard,
      ),
      activeUnits: this.#meanOf.filter(({ variance }) => variance > ACTIVE).length,
      threshold: ACTIVE,
      ...information,
      aggregateGap: kl.mean - information.mutualInformation.mean,
      reconstructionError: this.#error.estimate(),
    };
  }
}
