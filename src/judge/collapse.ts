/** Posterior collapse: which latents carry nothing, since when, and what to call it. */
import { ARRAY, type Check, checkOptions, type Checks, checkValue, FLAG, NUMBER, thing, WHOLE } from "../check.ts";
import type { Dataset } from "../data/dataset.ts";
import { gaussianKl } from "../ops/binary_kernel.ts";
import { turns, WORK, type WorkOptions } from "../turns.ts";
import { checkColumns } from "../vae/check_data.ts";
import type { Vae } from "../vae/vae.ts";
import { Moments } from "./moments.ts";

/** What a latent does on data. */
export interface LatentUse {
  /** KL(q(z_l|x) ‖ N(0, 1)) in nats, averaged over the examples, whatever the prior. */
  readonly kl: number;
  /** Variance of the posterior mean over the examples. */
  readonly varianceOfMean: number;
}

const USE: Checks<keyof LatentUse> = { kl: NUMBER, varianceOfMean: NUMBER };

/** Below both, a latent is dead. */
export const DEAD: Readonly<LatentUse> = { kl: 0.01, varianceOfMean: 0.01 };

/** `healthy` with no dead latent, `collapsed` with at most a tenth of them alive, `partly` in between. */
export type Verdict = "healthy" | "partly" | "collapsed";

/** Which latents are dead, and what that makes of the model. */
export interface Collapse {
  /**
   * `healthy`: no latent is dead. `collapsed`: not more than a tenth of them are alive, and of fewer than ten none. `partly`: between the two, as it is
   * where a model has more latents than the data needs.
   */
  readonly verdict: Verdict;
  /** From 0. */
  readonly dead: readonly number[];
  readonly latents: readonly LatentUse[];
}

/**
 * Latent l is dead where KL(q(z_l|x) ‖ N(0, 1)) is below 0.01 nats and the variance of its posterior mean below 0.01 (Burda et al. 2016, section 5.2,
 * have the latter alone): the decoder is told nothing by it. Both, because a mean that hardly moves may still come with a variance that does.
 * Where the prior is not N(0, I), `standard` is false and the variance decides alone: the KL to such a prior has no shares of single latents.
 */
export function collapseOf(latents: readonly LatentUse[], standard = true): Collapse {
  checkValue("collapseOf", "latents", latents, ARRAY);
  checkValue("collapseOf", "standard", standard, FLAG);
  for (const use of latents) checkOptions("collapseOf", use, USE, ["kl", "varianceOfMean"], "what a latent does is");
  const isDead = ({ kl, varianceOfMean }: LatentUse): boolean => varianceOfMean < DEAD.varianceOfMean && (kl < DEAD.kl || !standard);
  const dead = latents.flatMap((use, l) => (isDead(use) ? [l] : []));
  const alive = latents.length - dead.length;
  return { verdict: dead.length === 0 ? "healthy" : 10 * alive <= latents.length ? "collapsed" : "partly", dead, latents };
}

/** What each latent of a model does on a data set, and the verdict: a pass of the encoder, nothing drawn, in f64 from the posteriors on. Progress is in rows. */
export async function collapse(vae: Vae, data: Dataset, options: WorkOptions = {}): Promise<Collapse> {
  checkColumns("collapse", vae, data);
  checkOptions("collapse", options, WORK);
  const L = vae.config.latent;
  const { mean, logVar } = await vae.posterior(data, options);
  const turn = turns({ signal: options.signal });
  const latents: LatentUse[] = [];
  for (let l = 0; l < L; l++) {
    const [means, kls] = [new Moments(), new Moments()];
    for (let i = l; i < mean.length; i += L) {
      means.add(mean[i]!);
      kls.add(gaussianKl.f(mean[i]!, logVar[i]!));
    }
    latents.push({ kl: kls.mean, varianceOfMean: means.variance });
    await turn();
  }
  return collapseOf(latents, vae.prior.standard === true);
}

const COLLAPSE: Check = thing("what collapse() gives", ["dead", "latents"], "await collapse(vae, data)");

/** Follows a training run: told the state after each epoch, it knows when a latent died. */
export class CollapseWatch {
  readonly #since = new Map<number, number>();
  #started = false;

  /** The latents that have died since the last call, having been alive then: none at the first. */
  add(epoch: number, collapsed: Collapse): readonly number[] {
    checkValue("collapseWatch", "epoch", epoch, WHOLE);
    checkValue("collapseWatch", "the collapse", collapsed, COLLAPSE);
    const { dead, latents } = collapsed;
    const died = dead.filter((l) => !this.#since.has(l));
    for (const l of latents.keys()) if (!dead.includes(l)) this.#since.delete(l);
    for (const l of died) this.#since.set(l, epoch);
    const wereAlive = this.#started;
    this.#started = true;
    return wereAlive ? died : [];
  }

  /** The first epoch after which a latent stayed dead; undefined for one that is alive. */
  since(latent: number): number | undefined {
    return this.#since.get(latent);
  }
}
