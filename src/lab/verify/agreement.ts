/** How far a device's numbers are off: as a share of what is allowed, and in units in the last place of f32. */

/** f32 cannot hold what is larger: ∞ is right there. */
const LARGEST = 3.4e38;
/** A GPU may flush to 0 what is smaller. */
const SMALLEST = 1.2e-38;

/** What a device computed, beside what it should have and how far off each element may be. */
export interface Agreement {
  readonly what: string;
  readonly got: ArrayLike<number>;
  readonly want: ArrayLike<number>;
  readonly tolerance: ArrayLike<number>;
}

/**
 * |got − want| as a share of tolerance + 1.2e-38, which is the smallest number that a GPU keeps: at most 1 where they agree. NaN agrees with NaN
 * alone, and what f32 cannot hold with ∞ of its sign.
 */
export function shareOf(got: number, want: number, tolerance: number): number {
  if (Number.isNaN(want)) return Number.isNaN(got) ? 0 : Infinity;
  if (Math.abs(want) >= LARGEST) return got === Math.sign(want) * Infinity || Math.abs(got / want - 1) < 1e-5 ? 0 : Infinity;
  const error = Math.abs(got - want);
  if (Number.isNaN(error)) return Infinity;
  return tolerance === Infinity ? 0 : error / (tolerance + SMALLEST);
}

/** What f32 cannot hold is infinite there. */
const bounded = (x: number): number => Math.min(Math.max(x, -(2 ** 128)), 2 ** 128);

/** The unit in the last place of an f32 near y. */
const ulpNear = (y: number): number => 2 ** (Math.min(Math.max(Math.floor(Math.log2(Math.abs(y))), -126), 127) - 23);

/** |got − want| in units in the last place of f32 at `want`, ∞ for NaN instead of a number; 0 for an error of at most `flushed`. */
export function ulpsOf(got: number, want: number, flushed: number = SMALLEST): number {
  if (Number.isNaN(got) || Number.isNaN(want)) return Number.isNaN(got) === Number.isNaN(want) ? 0 : Infinity;
  const error = Math.abs(bounded(got) - bounded(want));
  return error <= flushed ? 0 : error / ulpNear(bounded(want));
}

/** One element of a comparison. */
export interface ComparedElement {
  readonly what: string;
  readonly index: number;
  readonly got: number;
  readonly want: number;
  readonly tolerance: number;
  readonly share: number;
}

/** The element with the largest share of its tolerance, and how many have more than all of it; undefined for an empty comparison. */
export function worstOf({ what, got, want, tolerance }: Agreement): { readonly worst: ComparedElement; readonly misses: number } | undefined {
  if (got.length !== want.length) throw new Error(`${what} has ${want.length} elements, got ${got.length}`);
  let worst: ComparedElement | undefined;
  let misses = 0;
  for (let index = 0; index < want.length; index++) {
    const [g, w, t] = [got[index]!, want[index]!, tolerance[index]!];
    const share = shareOf(g, w, t);
    if (share > 1) misses++;
    if (!worst || share > worst.share) worst = { what, index, got: g, want: w, tolerance: t, share };
  }
  return worst && { worst, misses };
}
