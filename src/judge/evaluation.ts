/** What an evaluation finds. */
import type { Collapse } from "./collapse.ts";
import type { Information } from "./information.ts";
import type { Estimate } from "./moments.ts";
import type { NllEstimate } from "./nll.ts";
import type { OddValues } from "./odd_values.ts";

/** Averages over the data set, each with its standard error over the examples; losses in nats per example. */
export interface Evaluation extends Information {
  /** Rows that were scored. */
  readonly rows: number;
  /** Rows, from 0, that were not, because their losses are not finite numbers. */
  readonly leftOut: readonly number[];
  /** Values that are unlike those of training, which were scored all the same; nothing where the likelihood knows all and no scaling is given. */
  readonly odd: readonly OddValues[];
  /** reconstruction + kl: what −log p(x) is at most, on average. */
  readonly negElbo: Estimate;
  /** −log p(x|z) at one draw of z for each example. */
  readonly reconstruction: Estimate;
  /** KL(q(z|x) ‖ p(z)): by its formula for the prior N(0, I), for another one log q(z|x) − log p(z) at the draw of z. */
  readonly kl: Estimate;
  /** KL(q(z_l|x) ‖ N(0, 1)) of each latent: its share in kl, where the prior is N(0, I). */
  readonly klPerDimension: readonly number[];
  /** Latents whose posterior mean has a variance above `threshold` over the data (Burda et al. 2016, section 5.2). */
  readonly activeUnits: number;
  readonly threshold: number;
  /** Which latents are dead by the rule of `collapseOf`, and the verdict. */
  readonly collapse: Collapse;
  /** KL(q(z) ‖ p(z)) of the aggregate posterior q(z): kl − mutualInformation, because kl is the sum of the two (Hoffman and Johnson 2016). */
  readonly aggregateGap: number;
  /** (x − mean of p(x|z))² at the mean of q(z|x), averaged over the features, in squared units of the data. */
  readonly reconstructionError: Estimate;
  /** nats/(D·log 2), in the units of the data (see `bitsPerDimension`): of −log p(x) where it was estimated, else of negElbo. */
  readonly bitsPerDimension: Estimate;
  readonly nll?: NllEstimate;
}
