/** −log p(x) by importance sampling from the encoder: the number that papers compare, without the bound's gap. */
import { checkOptions, type Checks, COUNT, FLAG, WHOLE } from "../check.ts";
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { TypedArray } from "../kernel.ts";
import { add, mul, sub } from "../ops/binary.ts";
import { normal } from "../ops/random_ops.ts";
import { sum } from "../ops/reduce.ts";
import type { BatchRows } from "../ops/rows.ts";
import { reshape, slice } from "../ops/shape_ops.ts";
import { exp, square } from "../ops/unary.ts";
import { streams } from "../streams.ts";
import type { Tensor } from "../tensor.ts";
import { isPaced, Pace, type Turn, turns, WORK, type WorkOptions } from "../turns.ts";
import { checkColumns, checkFinite } from "../vae/check_data.ts";
import { logPriorRatio } from "../vae/objectives/prior_kl.ts";
import { NonFiniteError } from "../vae/training/losses.ts";
import type { Vae } from "../vae/vae.ts";
import { GroupedBound } from "./log_weights.ts";
import { type Estimate, Moments } from "./moments.ts";

/** How −log p(x) is estimated. Progress is in samples of z, `samples` for each row. */
export interface NllOptions extends WorkOptions {
  /** Samples of z for each example, S; default 500. */
  readonly samples?: number;
  /** Of the noise; default 0. See `estimateNll` for which numbers a row and a sample draw. */
  readonly seed?: number;
  /** The most latents that are decoded in one go; changes memory and time, and the numbers at most by rounding. Default 4096. */
  readonly batchSize?: number;
  /** Scores values outside of the likelihood's range by its formula. Without, they are an error. */
  readonly asIs?: boolean;
}

const OPTIONS: Checks<keyof NllOptions> = { ...WORK, samples: COUNT, seed: WHOLE, batchSize: COUNT, asIs: FLAG };

/** −log p(x) of a data set, and how far the estimate can be trusted. */
export interface NllEstimate {
  /** What was done, in words: "NLL, importance sampling, S=500, 1000 rows". */
  readonly estimator: string;
  /** Rows that were scored. */
  readonly rows: number;
  /** Rows, from 0, that were not, because a log-weight of theirs is not a finite number. */
  readonly leftOut: readonly number[];
  readonly samples: number;
  /** Nats per example, and the standard error over the examples. */
  readonly nll: Estimate;
  /** The same with 1, 2, 5, 10, … S samples, from the same draws: groups of as many, averaged. With 1 it is −ELBO, its KL by Monte Carlo. */
  readonly curve: readonly { readonly samples: number; readonly nll: Estimate }[];
  /** (Σ w)²/(Σ w²) of the S weights of an example: the average over the examples, and the least. Near 1, a single sample decides. */
  readonly effectiveSamples: { readonly mean: number; readonly worst: number };
  /** −log p̂(x) of each row; NaN of one that was left out. */
  readonly ofRows: Float64Array;
}

/** Rows and samples that share a key. */
const ROWS = 256;
const SAMPLES = 16;
/** Rows whose samples are decoded together, where each takes its time: then no sample of them keeps others waiting. */
const FEW_ROWS = 16;

export const LATENTS = 4096;

/**
 * −log p̂(x) = log S − log(Σs exp(log p(x|z_s) + log p(z_s) − log q(z_s|x))), z_s ~ q(z|x), in nats per example (Burda et al. 2016, equation 8, with S
 * large). On average it is above −log p(x) for every S, and falls towards it as S grows.
 *
 * The noise of row i and sample s is a formula, so that neither batches nor S change it: numbers ((s mod 16)·256 + (i mod 256))·L … of the stream of
 * the key `streams.importanceNoise(seed, ⌊i/256⌋, ⌊s/16⌋)`. Memory does not grow with S or the data, but for one number a row.
 */
export async function estimateNll(vae: Vae, data: Dataset, options: NllOptions = {}): Promise<NllEstimate> {
  checkColumns("estimateNll", vae, data);
  checkOptions("estimateNll", options, OPTIONS);
  const { samples = 500, seed = 0, batchSize = LATENTS, asIs = false } = options;
  checkFinite("estimateNll", data, vae.config);
  if (!asIs) vae.config.likelihood.check(data);
  return await nllInTurns(vae, data, { samples, seed, batchSize }, turns(options, data.rows * samples));
}

export type NllSettings = Required<Pick<NllOptions, "samples" | "seed" | "batchSize">>;

/** `estimateNll` after its checks. */
export async function nllInTurns(vae: Vae, data: Dataset, settings: NllSettings, turn: Turn): Promise<NllEstimate> {
  const { samples, batchSize } = settings;
  const scores = new NllScores(data.rows, samples);
  const most = isPaced(vae.device) ? Math.min(FEW_ROWS, batchSize) : batchSize;
  const pace = new Pace(batchSize, vae.device);
  for (const rows of ranges(0, data.rows, ROWS, most)) await scoreRows(vae, data, rows, { ...settings, pace, turn }, scores);
  return scores.estimate();
}

/** Numbers `begin` … `end − 1`. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** The numbers from `begin` to `end` in ranges of at most `most`, as it is at each, that do not cross multiples of `block`. */
function* ranges(begin: number, end: number, block: number, most: number | (() => number)): Generator<Range> {
  for (let at = begin; at < end;) {
    const next = Math.min(at + (typeof most === "number" ? most : most()), end, (Math.floor(at / block) + 1) * block);
    yield { begin: at, end: next };
    at = next;
  }
}

interface Pass extends NllSettings {
  readonly pace: Pace;
  readonly turn: Turn;
}

/** All samples of a few rows, which are of one block. */
async function scoreRows(vae: Vae, data: Dataset, rows: Range, { samples, seed, pace, turn }: Pass, scores: NllScores): Promise<void> {
  const { device } = vae;
  const B = rows.end - rows.begin;
  const x = batchOf(data, B, rows.begin);
  const posterior = device.scope(() => posteriorOf(vae, x));
  try {
    await turn();
    for (const drawn of ranges(0, samples, SAMPLES, () => Math.max(1, Math.floor(pace.size / B)))) {
      const latents = B * (drawn.end - drawn.begin);
      const weights = pace.timed(latents, () => device.scope(() => logWeights(vae, x, posterior, noiseOf(vae, rows, drawn, seed))));
      const values = await readOnce(weights);
      for (let i = 0; i < values.length; i++) scores.add(rows.begin + (i % B), drawn.begin + Math.floor(i / B), values[i]!);
      await turn(latents);
    }
  } finally {
    [posterior.mean, posterior.deviation, posterior.logVolume].forEach((t) => t.dispose());
  }
  for (let row = rows.begin; row < rows.end; row++) scores.finish(row);
}

async function readOnce(t: Tensor): Promise<TypedArray> {
  try {
    return await t.read();
  } finally {
    t.dispose();
  }
}

/** q(z|x) of B rows. */
export interface PosteriorTensors {
  /** [B, L] each. */
  readonly mean: Tensor;
  readonly deviation: Tensor;
  /** ½ Σl logVar, [B]. */
  readonly logVolume: Tensor;
}

/** q(z|x) for a batch x [B, D]. */
export function posteriorOf(vae: Vae, x: BatchRows): PosteriorTensors {
  const [B, L] = [x.rows, vae.config.latent];
  const meanLogVar = vae.meanLogVar(x);
  const half = mul(slice(meanLogVar, [0, L], [B, 2 * L]), 0.5);
  return { mean: slice(meanLogVar, [0, 0], [B, L]), deviation: exp(half), logVolume: sum(half, [1]) };
}

/**
 * log p(x, z) − log q(z|x) = −nll + ½ Σl (noise² − z² + logVar) in nats, [S, B], for z = mean + deviation·noise: x [B, D], noise [S, B, L]. The factors of
 * 2π cancel. To a prior other than N(0, I) is added how its log p(z) differs.
 */
export function logWeights(vae: Vae, x: BatchRows, { mean, deviation, logVolume }: PosteriorTensors, noise: Tensor): Tensor {
  const [S, B, L] = noise.shape as readonly [number, number, number];
  const z = add(mean, mul(deviation, noise));
  const rows = reshape(z, [S * B, L]);
  const logRatio = add(mul(sum(sub(square(noise), square(z)), [2]), 0.5), logVolume);
  const logWeight = sub(logRatio, reshape(vae.nll(rows, x), [S, B]));
  const ofPrior = logPriorRatio(vae, rows);
  return ofPrior ? add(logWeight, reshape(ofPrior, [S, B])) : logWeight;
}

/** The noise of a few rows and samples, [samples, rows, L], which are of one block. */
function noiseOf(vae: Vae, rows: Range, samples: Range, seed: number): Tensor {
  const [first, row] = [samples.begin % SAMPLES, rows.begin % ROWS];
  const [S, B, L] = [samples.end - samples.begin, rows.end - rows.begin, vae.config.latent];
  const of = streams.importanceNoise(seed, Math.floor(rows.begin / ROWS), Math.floor(samples.begin / SAMPLES));
  const all = normal(vae.device, [S, ROWS, L], { ...of, firstRow: first });
  return B === ROWS ? all : slice(all, [0, row, 0], [S, row + B, L]);
}

/** 1, 2, 5, 10, 20, 50, … below `samples`, and `samples`. */
function ladder(samples: number): number[] {
  const steps: number[] = [];
  for (let decade = 1; decade < samples; decade *= 10) steps.push(...[1, 2, 5].map((k) => k * decade).filter((k) => k < samples));
  return [...steps, samples];
}

/** The averages so far, and the weights of the rows that are being scored. */
class NllScores {
  readonly #leftOut: number[] = [];
  readonly #bad = new Set<number>();
  #fault: NonFiniteError | undefined;
  readonly #sizes: readonly number[];
  readonly #open = new Map<number, readonly GroupedBound[]>();
  readonly #ofRows: Float64Array;
  readonly #curve: readonly Moments[];
  readonly #effective = new Moments();
  #worst = Infinity;

  constructor(rows: number, samples: number) {
    this.#sizes = ladder(samples);
    this.#curve = this.#sizes.map(() => new Moments());
    this.#ofRows = new Float64Array(rows);
  }

  add(row: number, sample: number, logWeight: number): void {
    if (!Number.isFinite(logWeight)) {
      this.#bad.add(row);
      this.#fault ??= new NonFiniteError(
        `estimateNll: log-weights are finite, got ${logWeight} at row ${row}, sample ${sample}, and no row without such (train again, or scale the data)`,
      );
    }
    let bounds = this.#open.get(row);
    if (!bounds) this.#open.set(row, (bounds = this.#sizes.map((size) => new GroupedBound(size))));
    for (const bound of bounds) bound.add(logWeight);
  }

  /** All samples of the row have come. */
  finish(row: number): void {
    const bounds = this.#open.get(row)!;
    this.#open.delete(row);
    if (this.#bad.delete(row)) {
      this.#leftOut.push(row);
      this.#ofRows[row] = NaN;
      return;
    }
    bounds.forEach(({ bound }, i) => this.#curve[i]!.add(-bound));
    const { bound, effectiveSamples } = bounds.at(-1)!;
    this.#ofRows[row] = -bound;
    this.#effective.add(effectiveSamples);
    this.#worst = Math.min(this.#worst, effectiveSamples);
  }

  estimate(): NllEstimate {
    const samples = this.#sizes.at(-1)!;
    const rows = this.#effective.count;
    if (rows === 0 && this.#fault) throw this.#fault;
    return {
      estimator: `NLL, importance sampling, S=${samples}, ${rows} rows`,
      rows,
      leftOut: this.#leftOut,
      samples,
      nll: this.#curve.at(-1)!.estimate(),
      curve: this.#sizes.map((size, i) => ({ samples: size, nll: this.#curve[i]!.estimate() })),
      effectiveSamples: { mean: this.#effective.mean, worst: this.#worst },
      ofRows: this.#ofRows,
    };
  }
}
