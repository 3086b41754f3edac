/** Data of likelihoods that know values in [0, 1] alone. */
import type { Likelihood } from "./likelihood.ts";

/** Throws at the first value outside [0, 1]. */
export function unitInterval(name: string): Likelihood["check"] {
  return ({ firstOutsideUnit: cell }) => {
    if (!cell) return;
    const { value, row, column } = cell;
    throw new RangeError(`${name}: data must lie in [0, 1], found ${value} at row ${row}, column ${column} (divide by 255, or use gaussian())`);
  };
}
