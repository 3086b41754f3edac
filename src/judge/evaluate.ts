/** How good a model is on data: the bound and its terms, what each latent does, and on demand −log p(x) itself. */
import { checkOptions, type Checks, COUNT, numbersOf, OBJECT, FLAG, WHOLE } from "../check.ts";
import { batchOf, type Dataset } from "../data/dataset.ts";
import type { Scaling } from "../data/scaling.ts";
import type { TypedArray } from "../kernel.ts";
import { mul, sub } from "../ops/binary.ts";
import { sum } from "../ops/reduce.ts";
import { rowsToTensor } from "../ops/rows_to_tensor.ts";
import { slice } from "../ops/shape_ops.ts";
import { square } from "../ops/unary.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { inParts, type Turn, turns, WORK, type WorkOptions } from "../turns.ts";
import { checkColumns, checkFinite } from "../vae/check_data.ts";
import { elbo } from "../vae/objectives/elbo.ts";
import { NonFiniteError } from "../vae/training/losses.ts";
import type { Vae } from "../vae/vae.ts";
import type { Evaluation } from "./evaluation.ts";
import { LATENTS, nllInTurns, type NllEstimate, type NllSettings } from "./nll.ts";
import { rowNoise } from "./noise.ts";
import { checkUnits, findOddValues, type OddValues } from "./odd_values.ts";
import { EvaluationScores } from "./scores.ts";
import { bitsPerDimension } from "./units.ts";

/** How a model is scored. Progress is in rows, each once, and with `nllSamples` as many times more. */
export interface EvaluateOptions extends WorkOptions {
  /** Of the noise: row i draws from the key `streams.evaluationNoise(seed, i)`, so that its numbers do not depend on the batch. Default 0. */
  readonly seed?: number;
  /** The most rows in one go; changes memory and time, and the numbers at most by rounding. Default 512. */
  readonly batchSize?: number;
  /** Samples of z for each example with which −log p(x) is estimated (see `estimateNll`); without, it is not. */
  readonly nllSamples?: number;
  /** How the data was scaled, for numbers in its units; by default its units are those that the model sees. */
  readonly scaling?: Scaling;
  /** Scores values that look to be in other units than the model's as they are. Without, they are an error: `UnitsError`. */
  readonly asIs?: boolean;
}

const OPTIONS: Checks<keyof EvaluateOptions> = { ...WORK, seed: WHOLE, batchSize: COUNT, nllSamples: COUNT, scaling: OBJECT, asIs: FLAG };
const UNSCALED: Scaling = { kind: "none", scale: [1], shift: [0] };

/**
 * −ELBO, reconstruction and kl of a model on a data set, each with its standard error over the examples, and what becomes of the latents. The same
 * model, data and seed give the same numbers; the kl and all averages are computed in f64. Values unlike those of training are scored and said (`odd`);
 * UnitsError where most columns look to be in other units, unless `asIs`. A row whose loss is not finite is left out (`leftOut`); NonFiniteError if all are.
 */
export async function evaluate(vae: Vae, data: Dataset, options: EvaluateOptions = {}): Promise<Evaluation> {
  checkColumns("evaluate", vae, data);
  checkOptions("evaluate", options, OPTIONS);
  const { seed = 0, batchSize = 512, nllSamples: samples, scaling = UNSCALED, asIs = false, signal } = options;
  const { input: D, latent: L, likelihood } = vae.config;
  checkFinite("evaluate", data, vae.config);
  const { length } = numbersOf("evaluate", "scaling.scale", scaling.scale);
  if (length !== 1 && length !== D) throw new RangeError(`evaluate: scaling has one scale, or one for each of ${D} columns, got ${length}`);
  const turn = turns(options, data.rows * (1 + (samples ?? 0)));
  const odd = await findOddValues(vae, data, scaling, signal);
  if (!asIs) checkUnits("evaluate", odd);
  const scores = new EvaluationScores(data.rows, L);
  const perUnit = tensor(
    vae.device,
    Float64Array.from(scaling.scale, (scale) => 1 / scale),
  );
  try {
    await inParts({ rows: data.rows, most: batchSize, device: vae.device }, turn, async (first, rows) => {
      const [reconstruction, meanLogVar, error, kl] = await passOver(vae, data, first, rows, seed, perUnit);
      for (let i = 0; i < rows; i++) {
        const ofPrior = vae.prior.standard ? undefined : kl[i]!;
        scores.add(first + i, reconstruction[i]!, meanLogVar.subarray(i * 2 * L, (i + 1) * 2 * L), error[i]! / D, ofPrior);
      }
    });
  } finally {
    perUnit.dispose();
  }
  const averages = await scores.averages(seed, vae.prior.standard === true, turn);
  const nll = samples === undefined ? undefined : await nllOf(vae, data, { samples, seed, batchSize: LATENTS }, odd, turn);
  const bits = bitsPerDimension(nll?.nll ?? averages.negElbo, D, likelihood, scaling);
  return { ...averages, bitsPerDimension: bits, odd, ...(nll && { nll }) };
}

/** −log p(x), and where the values are so odd that no row has a finite one, a word on that instead. */
async function nllOf(vae: Vae, data: Dataset, settings: NllSettings, odd: OddValues[], turn: Turn): Promise<NllEstimate | undefined> {
  try {
    return await nllInTurns(vae, data, settings, turn);
  } catch (error) {
    if (!(error instanceof NonFiniteError) || odd.length === 0) throw error;
    odd.push({ kind: "likelihood", columns: [], about: `−log p(x) was not estimated: ${error.message}` });
    return undefined;
  }
}

/**
 * Of rows `first` … of the data, nothing recorded: reconstruction [rows], meanLogVar [rows, 2L], Σ (x − x̂)² [rows] for the mean x̂ of p(x|z) at the
 * mean of q(z|x), differences in units of 1/perUnit, and kl [rows].
 */
async function passOver(
  vae: Vae,
  data: Dataset,
  first: number,
  rows: number,
  seed: number,
  perUnit: Tensor,
): Promise<readonly [TypedArray, TypedArray, TypedArray, TypedArray]> {
  const { device, parameters, config } = vae;
  const pass = device.scope(() => {
    const batch = batchOf(data, rows, first);
    const noise = tensor(device, rowNoise(seed, first, rows, config.latent), [rows, config.latent]);
    const { reconstruction, meanLogVar, kl } = elbo(vae, batch, { noise, parameters: parameters.frozen() });
    const decoded = vae.decode(slice(meanLogVar, [0, 0], [rows, config.latent]), parameters.frozen(), batch.labels);
    return [reconstruction, meanLogVar, sum(square(mul(sub(decoded, rowsToTensor(batch)), perUnit)), [1]), kl] as const;
  });
  try {
    return [await pass[0].read(), await pass[1].read(), await pass[2].read(), await pass[3].read()];
  } finally {
    pass.forEach((t) => t.dispose());
  }
}
