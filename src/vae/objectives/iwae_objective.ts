/** Bounds of several samples, weighted by importance. */
import { checkOptions, type Checks, COUNT } from "../../check.ts";
import { stopGradient } from "../../autodiff.ts";
import { weightedSum } from "../../ops/elbo_sums.ts";
import { importanceBound } from "../../ops/iwae.ts";
import { scaleGradient } from "../../ops/scale_gradient.ts";
import type { Tensor } from "../../tensor.ts";
import { type Objective, defineObjective } from "./objective.ts";
import { klAtSamples, overSamples } from "./prior_kl.ts";

/** How many samples are weighted against each other. */
export interface IwaeObjectiveOptions {
  /** S, samples of z for each example. */
  readonly samples: number;
}

/**
 * −log((1/S)·Σs w), w = p(x|z)·p(z)/q(z|x), in nats per example, mean over the batch (Burda et al. 2016, equation 8): it tightens as S grows, and with one
 * sample it is −ELBO by sampled KL, to the bit.
 */
export function iwaeObjective(options: IwaeObjectiveOptions): Objective {
  return importanceWeighted("iwae", options, false);
}

/**
 * The value of `iwaeObjective` and its gradient by the decoder, and by the encoder the doubly reparameterised one, −Σs w̃²·∂log w/∂z·∂z/∂φ with
 * w̃ = w/(Σs w) (Tucker et al. 2018, section 3): without bias as well, and its ratio of signal to noise grows with S as √S, where that of
 * `iwaeObjective` falls as 1/√S (Rainforth et al. 2018, theorem 1).
 */
export function dregObjective(options: IwaeObjectiveOptions): Objective {
  return importanceWeighted("dreg", options, true);
}

const OPTIONS: Checks<keyof IwaeObjectiveOptions> = { samples: COUNT };

function importanceWeighted(name: string, options: IwaeObjectiveOptions, doubly: boolean): Objective {
  checkOptions(name, options, OPTIONS, ["samples"]);
  const { samples } = options;
  return defineObjective({
    name,
    samples,
    importance: true,
    options: {},
    at: (rows) => ({ rowWeight: 1 / rows }),
    loss(vae, x, { noise, parameters, scalars: { rowWeight } }) {
      const heads = vae.encode(x, noise, { samples }, parameters);
      const { z: drawn, meanLogVar } = heads;
      // the weights come of z: by when the gradient flows back through it they are there
      const weightsOf = (): Tensor => weights;
      const z = doubly ? scaleGradient(drawn, weightsOf) : drawn;
      const reconstruction = vae.nll(z, x, parameters);
      const sampled = klAtSamples(vae, { z, meanLogVar: doubly ? stopGradient(meanLogVar) : meanLogVar }, parameters);
      const { negBound, weights } = importanceBound(reconstruction, sampled, samples);
      const kl = vae.prior.standard ? heads.kl : overSamples(sampled, heads.kl.shape[0]!);
      return { objective: weightedSum(negBound, rowWeight), reconstruction, kl, negBound };
    },
  });
}
