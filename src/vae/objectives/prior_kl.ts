/** The KL to a prior: by its formula where that is N(0, I), else at the samples. */
import { mul, sub } from "../../ops/binary.ts";
import type { Heads } from "../../ops/heads.ts";
import { sum } from "../../ops/reduce.ts";
import { sampledKl } from "../../ops/sampled_kl.ts";
import { reshape } from "../../ops/shape_ops.ts";
import type { Tensor } from "../../tensor.ts";
import type { Weights } from "../config.ts";
import { standardNormal } from "../priors/standard_normal.ts";
import type { Vae } from "../vae.ts";

/** log p(z) − log N(z; 0, I) in nats, [rows], for z [rows, L]; undefined where the prior is N(0, I). */
export function logPriorRatio(vae: Vae, z: Tensor, weights?: Weights): Tensor | undefined {
  const { prior } = vae;
  if (prior.standard) return undefined;
  const model = vae.priorModel(weights);
  return sub(prior.logProb(z, model), standardNormal().logProb(z, model));
}

/** log q(z|x) − log p(z) in nats per row, [S·B], row s·B + i being sample s of example i: at draws from q its mean is KL(q(z|x) ‖ p(z)). */
export function klAtSamples(vae: Vae, { z, meanLogVar }: Pick<Heads, "z" | "meanLogVar">, weights: Weights): Tensor {
  const kl = sampledKl(z, meanLogVar);
  const ratio = logPriorRatio(vae, z, weights);
  return ratio ? sub(kl, ratio) : kl;
}

/** The mean over the samples of each example: [S·B] to [B]. */
export function overSamples(rows: Tensor, B: number): Tensor {
  const S = rows.shape[0]! / B;
  return S === 1 ? rows : sum(mul(reshape(rows, [S, B]), 1 / S), [0]);
}

/** KL(q(z|x) ‖ p(z)) in nats, [B]: exact for N(0, I), else by the samples that there are. */
export function klOf(vae: Vae, heads: Heads, weights: Weights): Tensor {
  return vae.prior.standard ? heads.kl : overSamples(klAtSamples(vae, heads, weights), heads.meanLogVar.shape[0]!);
}
