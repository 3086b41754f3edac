/** The evidence lower bound as an objective, and what can take the place of its KL: samples of it, free bits, a capacity. */
import { AT_LEAST_ZERO, checkOptions, type Checks, COUNT, oneOf, scheduled } from "../../check.ts";
import { full } from "../../fill.ts";
import type { Scalar } from "../../kernel.ts";
import type { Schedule } from "../../nn/schedules.ts";
import { add, gaussianKl, maximum, mul, sub } from "../../ops/binary.ts";
import { weightedSum } from "../../ops/elbo_sums.ts";
import { sum } from "../../ops/reduce.ts";
import { slice } from "../../ops/shape_ops.ts";
import { abs } from "../../ops/unary.ts";
import type { Tensor } from "../../tensor.ts";
import { plain, valueAt } from "../training/scheduled.ts";
import { elbo, type Elbo } from "./elbo.ts";
import { type Objective, defineObjective } from "./objective.ts";
import { klAtSamples } from "./prior_kl.ts";

/** How the bound is estimated and weighed. */
export interface ElboObjectiveOptions {
  /** S, samples of z for each example; default 1. */
  readonly samples?: number;
  /** The KL by its formula (default), or "mc": the mean of log q(z|x) − log p(z) over the samples. To a prior other than N(0, I) it is always the latter. */
  readonly kl?: "analytic" | "mc";
  /** λ in nats: a latent gains nothing by a KL below it. */
  readonly freeBits?: number;
  /** C in nats, a number or one for each step: the KL is drawn towards it, from both sides. */
  readonly capacity?: number | Schedule;
}

const OPTIONS: Checks<keyof ElboObjectiveOptions> = {
  samples: COUNT,
  kl: oneOf(["analytic", "mc"]),
  freeBits: AT_LEAST_ZERO,
  capacity: scheduled(AT_LEAST_ZERO),
};

/** About the same for all forms of the objective. */
type About = Pick<Objective, "name" | "samples" | "importance" | "options">;

/**
 * −ELBO in nats per example: the mean over samples and batch of (−log p(x|z) + beta·KL) (Kingma and Welling 2014, equation 7, with `kl: "mc"` equation 6;
 * beta: Higgins et al. 2017, equation 4). In place of the KL stands with `freeBits` Σl max(λ, mean over the batch of KLl), each latent a group of its own
 * (Kingma et al. 2016, equation 15), and with `capacity` |(mean over the batch of KL) − C|, beta being their γ (Burgess et al. 2018, equation 8).
 */
export function elboObjective(options: ElboObjectiveOptions = {}): Objective {
  checkOptions("elbo", options, OPTIONS);
  checkTogether(options);
  const { samples = 1, kl = "analytic", freeBits, capacity } = options;
  const given = { kl, ...(freeBits !== undefined && { freeBits }), ...(capacity !== undefined && { capacity: plain(capacity) }) };
  const about: About = { name: "elbo", samples, importance: false, options: given };
  if (freeBits !== undefined) return withFreeBits(about, freeBits);
  if (capacity !== undefined) return withCapacity(about, capacity);
  return kl === "mc" ? withSampledKl(about) : withAnalyticKl(about);
}

function withAnalyticKl(about: About): Objective {
  const { samples } = about;
  return defineObjective({
    ...about,
    at: (rows, beta) => ({ nllWeight: 1 / (samples * rows), klWeight: beta / rows }),
    loss: (vae, x, { scalars: { nllWeight, klWeight }, ...pass }) => elbo(vae, x, { ...pass, samples, weights: { nll: nllWeight, kl: klWeight } }),
  });
}

/** The mean of nll + beta·kl row by row, as the importance-weighted bound of one sample adds them. */
function withSampledKl(about: About): Objective {
  const { samples } = about;
  return defineObjective({
    ...about,
    at: (rows, beta) => ({ rowWeight: 1 / (samples * rows), klWeight: beta }),
    loss(vae, x, { scalars: { rowWeight, klWeight }, ...pass }) {
      const { z, meanLogVar, reconstruction, kl } = elbo(vae, x, { ...pass, samples });
      const rows = add(reconstruction, mul(klAtSamples(vae, { z, meanLogVar }, pass.parameters), full(z.device, [], klWeight)));
      return { objective: weightedSum(rows, rowWeight), reconstruction, kl };
    },
  });
}

function withFreeBits(about: About, freeBits: number): Objective {
  const { samples } = about;
  return defineObjective({
    ...about,
    at: (rows, beta) => ({ nllWeight: 1 / (samples * rows), klWeight: beta }),
    loss(vae, x, { scalars: { nllWeight, klWeight }, ...pass }) {
      const { name, standard } = vae.prior;
      if (!standard) throw new RangeError(`elbo: freeBits is for the KL of each latent to N(0, 1), got the prior ${name} (leave one of them out)`);
      const bound = elbo(vae, x, { ...pass, samples });
      const perLatent = klPerLatent(bound.meanLogVar);
      const free = sum(maximum(sum(mul(perLatent, 1 / perLatent.shape[0]!), [0]), freeBits));
      return penalised(bound, free, nllWeight, klWeight);
    },
  });
}

function withCapacity(about: About, capacity: number | Schedule): Objective {
  const { samples } = about;
  return defineObjective({
    ...about,
    at: (rows, beta, time) => ({ nllWeight: 1 / (samples * rows), klWeight: beta, capacity: valueAt("capacity", capacity, time) }),
    loss(vae, x, { scalars, ...pass }) {
      const bound = elbo(vae, x, { ...pass, samples });
      const distance = abs(sub(weightedSum(bound.kl, 1 / bound.kl.size), full(bound.kl.device, [], scalars.capacity)));
      return penalised(bound, distance, scalars.nllWeight, scalars.klWeight);
    },
  });
}

/** nllWeight·Σ reconstruction + klWeight·penalty. */
function penalised({ reconstruction, kl }: Elbo, penalty: Tensor, nllWeight: Scalar, klWeight: Scalar): ReturnType<Objective["loss"]> {
  const objective = add(weightedSum(reconstruction, nllWeight), mul(penalty, full(kl.device, [], klWeight)));
  return { objective, reconstruction, kl };
}

/** [B, L]. */
function klPerLatent(meanLogVar: Tensor): Tensor {
  const [B, both] = meanLogVar.shape as readonly [number, number];
  return gaussianKl(slice(meanLogVar, [0, 0], [B, both / 2]), slice(meanLogVar, [0, both / 2], [B, both]));
}

function checkTogether({ kl, freeBits, capacity }: ElboObjectiveOptions): void {
  const given = Object.entries({ freeBits, capacity }).filter(([, value]) => value !== undefined);
  for (const [name] of given) {
    if (kl === "mc") throw new RangeError(`elbo: ${name} is for the analytic KL, got kl "mc" (leave one of them out)`);
  }
  if (given.length > 1) throw new RangeError("elbo: freeBits and capacity each take the place of the KL, got both (leave one of them out)");
}
