/** How good a model is on data: the bound, its two terms, and what each latent does. */
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { TypedArray } from "../kernel.ts";
import { expm1Minus } from "../ops/special.ts";
import { forEachBits, type Key, key, normalOf } from "../random.ts";
import { tensor } from "../tensor.ts";
import { checkColumns, checkFinite } from "../vae/check_data.ts";
import { elbo } from "../vae/elbo.ts";
import { NonFiniteError } from "../vae/losses.ts";
import type { Vae } from "../vae/vae.ts";
import { type Estimate, Moments } from "./moments.ts";

export interface EvaluateOptions {
  /** Of the noise: row r draws from the key `key(seed).fold(r)`, so that its numbers do not depend on the batch. Default 0. */
  readonly seed?: number;
  /** Rows in one go; changes memory and time, and the numbers only by rounding. Default 512. */
  readonly batchSize?: number;
}

/** Nats per example, averaged over the data set. */
export interface Evaluation {
  readonly rows: number;
  /** reconstruction + kl: what −log p(x) is at most, on average. */
  readonly negElbo: Estimate;
  /** −log p(x|z) at one draw of z for each example. */
  readonly reconstruction: Estimate;
  /** KL(q(z|x) ‖ N(0, I)). */
  readonly kl: Estimate;
  /** The share of each latent in kl. */
  readonly klPerDimension: readonly number[];
  /** Latents whose posterior mean has a variance above `threshold` over the data (Burda et al. 2016, section 5.2); the rest are collapsed. */
  readonly activeUnits: number;
  readonly threshold: number;
}

/** Of the variance of a posterior mean. */
const ACTIVE = 0.01;

/**
 * −ELBO, reconstruction and kl of a model on a data set, each with its standard error over the examples. The same model, data and seed give the
 * same numbers; the kl and all averages are computed in f64.
 */
export async function evaluate(vae: Vae, data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { seed = 0, batchSize = 512 } = options;
  checkColumns("evaluate", vae, data);
  checkFinite("evaluate", data);
  vae.config.likelihood.check(data);
  if (!Number.isSafeInteger(batchSize) || batchSize < 1)
    throw new RangeError(`evaluate: batchSize is a whole number of at least 1, got ${batchSize}`);
  const from = key(seed);
  const scores = new Scores(vae.config.latent);
  for (let first = 0; first < data.rows; first += batchSize) {
    const rows = Math.min(batchSize, data.rows - first);
    const [reconstruction, meanLogVar] = await passOver(vae, data, first, rows, from);
    for (let b = 0; b < rows; b++) scores.add(first + b, reconstruction[b]!, meanLogVar.subarray(b * 2 * scores.L, (b + 1) * 2 * scores.L));
  }
  return scores.evaluation(data.rows);
}

/** Reconstruction [rows] and meanLogVar [rows, 2L] of rows `first` … of the data, nothing recorded. */
async function passOver(vae: Vae, data: Dataset, first: number, rows: number, from: Key): Promise<readonly [TypedArray, TypedArray]> {
  const { device, parameters, config } = vae;
  const pass = device.scope(() => {
    const noise = tensor(device, noiseOf(from, first, rows, config.latent), [rows, config.latent]);
    const { reconstruction, meanLogVar } = elbo(vae, batchOf(data, rows, first), { noise, parameters: parameters.frozen() });
    return [reconstruction, meanLogVar] as const;
  });
  try {
    return [await pass[0].read(), await pass[1].read()];
  } finally {
    pass.forEach((t) => t.dispose());
  }
}

/** Standard normal numbers [rows, L]: row b is the stream of the key `from.fold(first + b)`. Drawn here, they are the same on every device. */
function noiseOf(from: Key, first: number, rows: number, L: number): Float64Array {
  const noise = new Float64Array(rows * L);
  for (let b = 0; b < rows; b++) {
    const [k0, k1] = from.fold(first + b).words;
    forEachBits(k0, k1, L, (l, bits) => (noise[b * L + l] = normalOf(bits)));
  }
  return noise;
}

/** The averages so far. */
class Scores {
  readonly L: number;
  readonly #negElbo = new Moments();
  readonly #reconstruction = new Moments();
  readonly #kl = new Moments();
  readonly #klOf: readonly Moments[];
  readonly #meanOf: readonly Moments[];

  constructor(L: number) {
    this.L = L;
    this.#klOf = Array.from({ length: L }, () => new Moments());
    this.#meanOf = Array.from({ length: L }, () => new Moments());
  }

  /** One example: its reconstruction, and its means followed by its log-variances. */
  add(row: number, reconstruction: number, meanLogVar: TypedArray): void {
    let kl = 0;
    for (let l = 0; l < this.L; l++) {
      const [mean, logVar] = [meanLogVar[l]!, meanLogVar[this.L + l]!];
      const share = 0.5 * (mean * mean + expm1Minus(logVar));
      kl += share;
      this.#klOf[l]!.add(share);
      this.#meanOf[l]!.add(mean);
    }
    if (!Number.isFinite(reconstruction + kl)) {
      throw new NonFiniteError(
        `evaluate: losses are finite, got reconstruction ${reconstruction} and kl ${kl} at row ${row} (train again, or scale the data)`,
      );
    }
    this.#reconstruction.add(reconstruction);
    this.#kl.add(kl);
    this.#negElbo.add(reconstruction + kl);
  }

  evaluation(rows: number): Evaluation {
    return {
      rows,
      negElbo: this.#negElbo.estimate(),
      reconstruction: this.#reconstruction.estimate(),
      kl: this.#kl.estimate(),
      klPerDimension: this.#klOf.map(({ mean }) => mean),
      activeUnits: this.#meanOf.filter(({ variance }) => variance > ACTIVE).length,
      threshold: ACTIVE,
    };
  }
}
