/** The evidence lower bound as a loss: negElbo = reconstruction + kl in nats per example, objective = reconstruction + beta·kl. */
import { MODEL } from "../check_data.ts";
import { ANY, AT_LEAST_ZERO, checkOptions, type Checks, checkValue, COUNT, MAP, OBJECT } from "../../check.ts";
import type { KeyWords } from "../../kernel.ts";
import { type RowWeights, weightedSums } from "../../ops/elbo_sums.ts";
import { asRows, type BatchRows } from "../../ops/rows.ts";
import { show } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import type { Weights } from "../config.ts";
import type { Vae } from "../vae.ts";
import { klOf } from "./prior_kl.ts";

/** How the bound is estimated. */
export interface ElboOptions {
  /** What the reparameterization trick draws from: a key, or noise [S·B, L]. */
  readonly noise: KeyWords | Tensor;
  /** The weight of the KL in the objective (Higgins et al. 2017); default 1. */
  readonly beta?: number;
  /** Samples of z per example; default 1. */
  readonly samples?: number;
  /** The factors of Σ reconstruction and Σ kl, where they come from the step row; default 1/(S·B) and beta/B. */
  readonly weights?: RowWeights;
  /** Default the trained parameters; `vae.parameters.frozen()` records no graph. */
  readonly parameters?: Weights;
}

const OPTIONS: Checks<keyof ElboOptions> = { noise: ANY, beta: AT_LEAST_ZERO, samples: COUNT, weights: OBJECT, parameters: MAP };

/** The bound of a batch of B examples with S samples of L latents. */
export interface Elbo {
  /** The mean over the batch of (reconstruction + beta·kl): the scalar to differentiate. Its value is computed when it is read. */
  readonly objective: Tensor;
  /** −log p(x|z) in nats, [S·B]; row s·B + i is sample s of example i. */
  readonly reconstruction: Tensor;
  /** KL(q(z|x) ‖ p(z)) in nats, [B]: exact for the prior N(0, I), for another one the mean of log q(z|x) − log p(z) over the samples. */
  readonly kl: Tensor;
  readonly z: Tensor;
  readonly meanLogVar: Tensor;
  readonly weights: RowWeights;
}

/** −ELBO of a batch x [B, D] (Kingma and Welling 2014, equation 10, with S samples): all constants kept, sums over dimensions, mean over the batch. */
export function elbo(vae: Vae, x: Tensor | BatchRows, options: ElboOptions): Elbo {
  checkValue("elbo", "vae", vae, MODEL);
  checkOptions("elbo", options, OPTIONS);
  const { noise, beta = 1, samples = 1, parameters = vae.parameters.tensors } = options;
  asRows("elbo", "x", x);
  const B = x instanceof Tensor ? x.shape[0] : x.rows;
  if (!B) throw new RangeError(`elbo: x has at least one row, got ${x instanceof Tensor ? show(x.shape) : "0 rows"}`);
  const heads = vae.encode(x, noise, { samples }, parameters);
  const { z, meanLogVar } = heads;
  const kl = klOf(vae, heads, parameters);
  const reconstruction = vae.nll(z, x, parameters);
  const weights = options.weights ?? { nll: 1 / (samples * B), kl: beta / B };
  return { objective: weightedSums(reconstruction, kl, weights), reconstruction, kl, z, meanLogVar, weights };
}
