/** Probabilistic principal component analysis: what a linear Gaussian VAE can reach at best, without training. */
import { checkOptions, checkValue, COUNT } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import { eigenSteps } from "../data/eigen.ts";
import { sub } from "../ops/binary.ts";
import { matmul } from "../ops/matmul.ts";
import { slice } from "../ops/shape_ops.ts";
import { type Tensor, tensor } from "../tensor.ts";
import { breathe } from "../breathe.ts";
import { inParts, inTurns, isPaced, type Turn, turns, WORK, type WorkOptions } from "../turns.ts";
import { checkData, checkFinite } from "../vae/check_data.ts";
import { datasetMeans, parts } from "./chunks.ts";

/** N(mean, W·Wᵀ + noise·I) with W of L columns, at its greatest likelihood. */
export interface Ppca {
  readonly mean: Float64Array;
  /** The unit vectors in whose directions the data varies most, [L, D]. */
  readonly components: Float64Array;
  /** λ [L] of these directions, noise included; the squared lengths of W's columns are λ − noise. */
  readonly variances: Float64Array;
  /** σ², the variance in all other directions. */
  readonly noise: number;
  /** −log p(x) in nats of a row x [D]. */
  nll(x: ArrayLike<number>): number;
}

/** A variance is never below this, as in `gaussianLearned`: data without noise would have an infinite density. */
export const FLOOR = 1e-6;

const LOG_2PI = Math.log(2 * Math.PI);

/**
 * The parameters of greatest likelihood in closed form: W = U·(Λ − σ²·I)^½ from the L greatest eigenvalues of the rows' covariance, σ² the mean of the
 * others (Tipping and Bishop 1999, equations 7 and 8); in nats −log p(x) = ½·(D·log 2π + log |C| + (x − mean)ᵀC⁻¹(x − mean)), C = W·Wᵀ + σ²·I. L is at
 * most D − 1, or nothing would be left to be noise. The covariance is multiplied out on the data's device, and added up in f64. Progress is in rows, each
 * twice, and steps of the decomposition.
 */
export async function fitPpca(data: Dataset, latent: number, options: WorkOptions = {}): Promise<Ppca> {
  checkData("fitPpca", data);
  checkValue("fitPpca", "latent", latent, COUNT);
  checkOptions("fitPpca", options, WORK);
  const work = ppcaWork(data, latent);
  checkFinite("fitPpca", data);
  return await ppcaInTurns(data, latent, turns(options, work));
}

/** What the progress of a fit ends at; throws unless there can be so many latents. */
export function ppcaWork({ rows, columns: D }: Pick<Dataset, "rows" | "columns">, latent: number): number {
  if (!Number.isSafeInteger(latent) || latent < 1) throw new RangeError(`fitPpca: latent is a whole number of at least 1, got ${latent}`);
  return 2 * rows + 2 * D + 2 * Math.min(latent, D - 1);
}

/** `fitPpca` after its checks. */
export async function ppcaInTurns(data: Dataset, latent: number, turn: Turn): Promise<Ppca> {
  const D = data.columns;
  const L = Math.min(latent, D - 1);
  const mean = await datasetMeans(data, turn);
  const { values, vectors: components } = await inTurns(eigenSteps(await covariance(data, mean, turn), D, L), turn);
  const noise = Math.max(FLOOR, values.subarray(L).reduce((sum, value) => sum + value, 0) / (D - L));
  const variances = values.slice(0, L).map((value) => Math.max(noise, value));
  const logVolume = variances.reduce((sum, value) => sum + Math.log(value), (D - L) * Math.log(noise));
  const nll = (x: ArrayLike<number>): number => {
    const own = mean.map((value, j) => x[j]! - value);
    let distance = dot(own, own) / noise;
    for (let l = 0; l < L; l++) distance += dot(own, components.subarray(l * D, (l + 1) * D)) ** 2 * (1 / variances[l]! - 1 / noise);
    return 0.5 * (D * LOG_2PI + logVolume + distance);
  };
  return { mean, components, variances, noise, nll };
}

/** Rows whose products are added up on the device. */
const ROWS = 2048;
/** Columns that they are multiplied with in one go, where that takes its time. */
const COLUMNS = 128;

/** (1/rows)·Σ (x − mean)(x − mean)ᵀ, [D, D]. */
async function covariance(data: Dataset, mean: Float64Array, turn: Turn): Promise<Float64Array> {
  const D = data.columns;
  const centre = tensor(data.device, mean, [1, D]);
  const sums = new Float64Array(D * D);
  try {
    for (const x of parts(data, ROWS)) {
      await breathe();
      const own = data.device.scope(() => sub(x, centre));
      try {
        await addSquares(own, sums, turn);
      } finally {
        own.dispose();
      }
      await turn(x.shape[0]);
    }
  } finally {
    centre.dispose();
  }
  // Both halves are summed in orders of their own: their mean is symmetric to the last bit.
  return sums.map((sum, i) => (sum + sums[(i % D) * D + Math.floor(i / D)]!) / (2 * data.rows));
}

/** Adds xᵀx to sums [D, D], for x [rows, D], a part after the other. */
async function addSquares(x: Tensor, sums: Float64Array, turn: Turn): Promise<void> {
  const { device } = x;
  const [rows, D] = x.shape as readonly [number, number];
  const columns = (first: number, count: number): Tensor => slice(x, [0, first], [rows, first + count]);
  const width = isPaced(device) ? COLUMNS : D;
  for (let n = 0; n < D; n += width) {
    const N = Math.min(width, D - n);
    await inParts(
      { rows: D, most: D, device },
      () => turn(),
      async (m, M) => {
        const product = device.scope(() => matmul(columns(m, M), columns(n, N), { transposeA: true }));
        try {
          const values = await product.read();
          for (let i = 0; i < values.length; i++) sums[(m + Math.floor(i / N)) * D + n + (i % N)]! += values[i]!;
        } finally {
          product.dispose();
        }
      },
    );
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
