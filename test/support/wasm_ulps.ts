/** How far off an f32 is, in units in the last place. */

/** What has no neighbours to be near to. */
export const specials: readonly number[] = [NaN, Infinity, -Infinity, 0, -0];

/** The unit in the last place of an f32 near y. */
const ulpOf = (y: number): number => 2 ** (Math.min(Math.max(Math.floor(Math.log2(y)), -126), 127) - 23);

/** Below 2^-126 there are fewer bits, which the steps of a function may lose. */
const LOST = 2 ** -140;
/** What f32 cannot hold is infinite. */
const bounded = (x: number): number => Math.min(Math.max(x, -(2 ** 128)), 2 ** 128);

/** The error of an f32 in ulp of the number that it should be, or of the terms that it is the sum of; infinite for NaN instead of a number. */
export function errorOf(got: number, want: number, terms = 0): number {
  if (Number.isNaN(got) || Number.isNaN(want)) return Number.isNaN(got) === Number.isNaN(want) ? 0 : Infinity;
  const error = Math.abs(bounded(got) - bounded(want)) - LOST;
  return Math.max(0, error) / ulpOf(Math.max(terms, Math.abs(bounded(want))));
}
