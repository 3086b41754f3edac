/** What a good loss is: models that need no training, scored on the same rows, in the same units, as the model itself. */
import { checkOptions, type Checks, COUNT } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Turn, turns, WORK, type WorkOptions } from "../turns.ts";
import { checkData, checkFinite } from "../vae/check_data.ts";
import { type Likelihood, LIKELIHOOD } from "../vae/likelihoods/likelihood.ts";
import { chunks, datasetMeans, columnVariances } from "./chunks.ts";
import { type Estimate, Moments } from "./moments.ts";
import { FLOOR, ppcaInTurns, ppcaWork } from "./ppca.ts";

/** −log p(x) of a model without training. */
export interface Baseline {
  readonly name: "independent Bernoulli" | "independent Gaussian" | "probabilistic PCA";
  /** What was fitted, in words. */
  readonly about: string;
  /** Nats per example of the held-out rows; compare it with a model's −log p(x), or with its negElbo, which is at least that. */
  readonly nll: Estimate;
}

/** What the baselines are for. Progress is in rows, each as often as a fit or a score needs it, and steps of the decomposition of a covariance. */
export interface BaselineOptions extends WorkOptions {
  /** That of the model: probabilities are compared with probabilities, densities with densities. */
  readonly likelihood: Likelihood;
  /** That of the model, for probabilistic PCA. */
  readonly latent: number;
}

/** Above this, the covariance is too large to be worth its time: columns. */
const PCA_COLUMNS = 1024;

const OPTIONS: Checks<keyof BaselineOptions> = { likelihood: LIKELIHOOD, latent: COUNT, ...WORK };

interface Fitted extends Omit<Baseline, "nll"> {
  nll(x: ArrayLike<number>): number;
}

/**
 * −log p(x) in nats per example of `held`, by models fitted to `data` [N, D] in closed form. For bernoulli: p(x) = Πd Bernoulli(x_d; p_d),
 * p_d = ((Σi x_id) + 1)/(N + 2) (Laplace's rule: nothing is impossible). For densities: p(x) = Πd N(x_d; mean_d, var_d), and up to 1024 columns
 * probabilistic PCA of the same latent size (see `fitPpca`); no variance is below 1e-6. None for other probabilities of discrete values.
 */
export async function baselines(data: Dataset, held: Dataset, options: BaselineOptions): Promise<Baseline[]> {
  checkData("baselines", data);
  checkData("baselines", held, "held");
  checkOptions("baselines", options, OPTIONS, ["likelihood", "latent"]);
  const { likelihood } = options;
  if (held.columns !== data.columns) {
    const [given, wanted] = [held, data].map(({ rows, columns }) => `[${rows}, ${columns}]`);
    throw new RangeError(`baselines: held-out rows have the columns of the data, got ${given} for ${wanted}`);
  }
  for (const rows of [data, held]) checkFinite("baselines", rows);
  // Held-out values that the likelihood gives no probability are scored by the formulas, as the model's own loss scores them.
  likelihood.check(data);
  const turn = turns(options, workOf(data, held, options));
  const fitted = await fit(data, options, turn);
  const moments = fitted.map(() => new Moments());
  for await (const x of fitted.length > 0 ? chunks(held, turn) : []) {
    for (let at = 0; at < x.length; at += held.columns) {
      const row = x.subarray(at, at + held.columns);
      fitted.forEach(({ nll }, i) => moments[i]!.add(nll(row)));
      await turn();
    }
  }
  return fitted.map(({ name, about }, i) => ({ name, about, nll: moments[i]!.estimate() }));
}

const hasPpca = ({ columns }: Dataset): boolean => columns > 1 && columns <= PCA_COLUMNS;

/** What the progress ends at. */
function workOf(data: Dataset, held: Dataset, { likelihood, latent }: BaselineOptions): number {
  if (likelihood.name === "bernoulli") return data.rows + held.rows;
  if (likelihood.discrete) return 0;
  return 2 * data.rows + (hasPpca(data) ? ppcaWork(data, latent) : 0) + held.rows;
}

async function fit(data: Dataset, { likelihood, latent }: BaselineOptions, turn: Turn): Promise<Fitted[]> {
  if (likelihood.name === "bernoulli") return [await independentBernoulli(data, turn)];
  if (likelihood.discrete) return [];
  const gaussian = await independentGaussian(data, turn);
  if (!hasPpca(data)) return [gaussian];
  const { nll, variances } = await ppcaInTurns(data, latent, turn);
  return [gaussian, { name: "probabilistic PCA", about: `${variances.length} latents, linear, exact`, nll }];
}

async function independentBernoulli(data: Dataset, turn: Turn): Promise<Fitted> {
  const p = (await datasetMeans(data, turn)).map((mean) => (mean * data.rows + 1) / (data.rows + 2));
  const [one, zero] = [p.map((value) => -Math.log(value)), p.map((value) => -Math.log1p(-value))];
  const nll = (x: ArrayLike<number>): number => one.reduce((sum, cost, d) => sum + x[d]! * cost + (1 - x[d]!) * zero[d]!, 0);
  return { name: "independent Bernoulli", about: "the mean of each feature, no latents", nll };
}

async function independentGaussian(data: Dataset, turn: Turn): Promise<Fitted> {
  const mean = await datasetMeans(data, turn);
  const variance = (await columnVariances(data, mean, turn)).map((value) => Math.max(FLOOR, value));
  const constant = variance.reduce((sum, value) => sum + 0.5 * Math.log(2 * Math.PI * value), 0);
  const nll = (x: ArrayLike<number>): number => mean.reduce((sum, m, d) => sum + (x[d]! - m) ** 2 / (2 * variance[d]!), constant);
  return { name: "independent Gaussian", about: "mean and variance of each feature, no latents", nll };
}
