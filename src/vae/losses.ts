/** Losses as people read them: nats per example, from the sums that steps leave on the device. */

export interface Losses {
  /** reconstruction + kl, whatever beta is. */
  readonly negElbo: number;
  readonly reconstruction: number;
  readonly kl: number;
}

/** Raised when a loss is NaN or infinite. */
export class NonFiniteError extends Error {
  override readonly name = "NonFiniteError";
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

/** The first step whose sums are not finite, or −1. */
export function firstNonFinite(sums: ArrayLike<number>, from: number, to: number): number {
  for (let i = from; i < to; i++) if (!Number.isFinite(sums[3 * i + 1]!) || !Number.isFinite(sums[3 * i + 2]!)) return i;
  return -1;
}
