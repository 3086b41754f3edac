/** Numbers in the units of the data, where a model sees scaled values. */
import type { Scaling } from "../data/scaling.ts";
import type { Likelihood } from "../vae/likelihoods/likelihood.ts";
import type { Estimate } from "./moments.ts";

/**
 * Bits per feature, (nats − Σd log scale_d)/(D·log 2), in the data's units: of a density p'(x') of x'_d = x_d·scale_d + shift_d the density of x is
 * p'(x')·Πd scale_d. Probabilities of discrete values do not change with their units: there it is nats/(D·log 2).
 */
export function bitsPerDimension(nats: Estimate, D: number, { discrete = false }: Likelihood, { scale }: Pick<Scaling, "scale">): Estimate {
  const perNat = 1 / (D * Math.log(2));
  const jacobian = discrete ? 0 : scale.reduce((sum, value) => sum + Math.log(value), 0) * (scale.length === 1 ? D : 1);
  return { mean: (nats.mean - jacobian) * perNat, standardError: nats.standardError * perNat };
}
