/** Probabilistic principal component analysis: what a linear Gaussian VAE can reach at best, without training. */
import { checkValue, COUNT, SIGNAL } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import { symmetricEigen } from "../data/eigen.ts";
import { sub } from "../ops/binary.ts";
import { matmul } from "../ops/matmul.ts";
import { tensor } from "../tensor.ts";
import { checkData, checkFinite } from "../vae/check_data.ts";
import { chunks, datasetMeans } from "./chunks.ts";

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
 * most D − 1, or nothing would be left to be noise. The covariance is multiplied out on the data's device, and added up in f64.
 */
export async function fitPpca(data: Dataset, latent: number, signal?: AbortSignal): Promise<Ppca> {
  checkData("fitPpca", data);
  checkValue("fitPpca", "latent", latent, COUNT);
  if (signal !== undefined) checkValue("fitPpca", "signal", signal, SIGNAL);
  checkFinite("fitPpca", data);
  const D = data.columns;
  const L = Math.min(latent, D - 1);
  const mean = await datasetMeans(data, signal);
  const { values, vectors: components } = symmetricEigen(await covariance(data, mean, signal), D, L);
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

/** (1/rows)·Σ (x − mean)(x − mean)ᵀ, [D, D]. */
async function covariance(data: Dataset, mean: Float64Array, signal?: AbortSignal): Promise<Float64Array> {
  const D = data.columns;
  const centre = tensor(data.device, mean, [1, D]);
  const sums = new Float64Array(D * D);
  const squares = chunks(
    data,
    (x) => {
      const own = sub(x, centre);
      return matmul(own, own, { transposeA: true });
    },
    signal,
  );
  try {
    for await (const part of squares) for (let i = 0; i < sums.length; i++) sums[i]! += part[i]!;
  } finally {
    centre.dispose();
  }
  // Both halves are summed in orders of their own: their mean is symmetric to the last bit.
  return sums.map((sum, i) => (sum + sums[(i % D) * D + Math.floor(i / D)]!) / (2 * data.rows));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
