/** Losses as people read them: nats per example, from the sums that steps leave on the device. */
import type { Slice } from "../../device/device.ts";
import type { Scalar } from "../../kernel.ts";
import { writeLossSums, writeSums } from "../../ops/elbo_sums.ts";
import type { Loss, Objective } from "../objectives/objective.ts";

/** A loss and its terms, in nats per example. */
export interface Losses {
  /** reconstruction + kl, whatever beta is. */
  readonly negElbo: number;
  readonly reconstruction: number;
  readonly kl: number;
  /** −log((1/S)·Σs w), what an importance-weighted objective minimises: below negElbo, on average, and like it above −log p(x). */
  readonly negBound?: number;
}

/** The averages of an epoch's steps, each at the parameters that it started from, and of the validation at its end: nats per example. */
export interface EpochReport extends Losses {
  readonly epoch: number;
  readonly validation?: Losses;
  readonly device: string;
  /** Wall time of a training step, averaged over the epoch. */
  readonly stepMs: number;
}

/** Raised when a loss is NaN or infinite. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
  /** In training: the step, from 1, whose loss it is, and the first tensor that was not finite, as the message names it. */
  readonly step: number | undefined;
  readonly tensor: string | undefined;

  constructor(message: string, { step, tensor }: { step?: number | undefined; tensor?: string | undefined } = {}) {
    super(message);
    this.step = step;
    this.tensor = tensor;
  }
}

/** Leaves the sums of a batch on the device, in a slot of three: objective, Σ reconstruction, Σ kl. */
export function writeLoss({ objective, reconstruction: nll, kl, weights }: Loss, sums: Slice, slot: Scalar): void {
  if (weights) writeSums({ nll, kl, weights, sums, slot });
  else writeLossSums({ nll, kl, objective, sums, slot });
}

/** What sums are of. */
export interface Summed {
  /** Rows of the data set, and of a step; the last one may have fewer. */
  readonly rows: number;
  readonly batchSize: number;
  readonly objective: Pick<Objective, "samples" | "importance">;
}

/** The averages of the first `steps` steps, added up in f64; three sums per step, as `writeLoss` leaves them. */
export function averages(sums: ArrayLike<number>, steps: number, { rows, batchSize, objective }: Summed): Losses {
  const examples = Math.min(steps * batchSize, rows);
  let reconstruction = 0;
  let kl = 0;
  let negBound = 0;
  for (let i = 0; i < steps; i++) {
    negBound += sums[3 * i]! * Math.min(batchSize, rows - i * batchSize);
    reconstruction += sums[3 * i + 1]! / objective.samples;
    kl += sums[3 * i + 2]!;
  }
  const losses = { negElbo: (reconstruction + kl) / examples, reconstruction: reconstruction / examples, kl: kl / examples };
  return objective.importance ? { ...losses, negBound: negBound / examples } : losses;
}

/** The loss that early stopping watches: the bound that training minimises. */
export function boundOf({ negElbo, negBound = negElbo }: Losses): number {
  return negBound;
}

/** The first slot of `from` … `to − 1` whose losses are not finite, or −1. */
export function firstNonFinite(sums: ArrayLike<number>, from: number, to: number): number {
  for (let i = from; i < to; i++) if (!Number.isFinite(lossOf(sums, i))) return i;
  return -1;
}

/** Σ reconstruction + Σ kl of a slot, or the objective where that alone is not finite. */
export function lossOf(sums: ArrayLike<number>, slot: number): number {
  const [objective, negElbo] = [sums[3 * slot]!, sums[3 * slot + 1]! + sums[3 * slot + 2]!];
  return Number.isFinite(negElbo) ? (Number.isFinite(objective) ? negElbo : objective) : negElbo;
}
