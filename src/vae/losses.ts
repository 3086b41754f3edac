/** Losses as people read them: nats per example, from the sums that steps leave on the device. */

export interface Losses {
  /** reconstruction + kl, whatever beta is. */
  readonly negElbo: number;
  readonly reconstruction: number;
  readonly kl: number;
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

/** The averages of steps `from` … `to − 1` over `examples` examples, added up in f64; three sums per step, as `writeSums` leaves them. */
export function averages(sums: ArrayLike<number>, from: number, to: number, examples: number): Losses {
  let reconstruction = 0;
  let kl = 0;
  for (let i = from; i < to; i++) {
    reconstruction += sums[3 * i + 1]!;
    kl += sums[3 * i + 2]!;
  }
  return { negElbo: (reconstruction + kl) / examples, reconstruction: reconstruction / examples, kl: kl / examples };
}

/** The first slot of `from` … `to − 1` whose losses are not finite, or −1. */
export function firstNonFinite(sums: ArrayLike<number>, from: number, to: number): number {
  for (let i = from; i < to; i++) if (!Number.isFinite(negElboOf(sums, i))) return i;
  return -1;
}

/** Σ reconstruction + Σ kl of a slot. */
export function negElboOf(sums: ArrayLike<number>, slot: number): number {
  return sums[3 * slot + 1]! + sums[3 * slot + 2]!;
}
