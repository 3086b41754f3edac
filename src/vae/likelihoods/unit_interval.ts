/** Data of likelihoods that know values in [0, 1] alone. */
import type { Likelihood } from "./likelihood.ts";

/** Throws at the first value outside [0, 1]. */
export function unitInterval(name: string): Likelihood["check"] {
  return ({ firstOutsideUnit: cell }) => {
    if (!cell) return;
    const { value, row, column } = cell;
    // Only what can be a byte is helped by 255.
    const advice = value > 1 && value <= 255 && Number.isInteger(value) ? "divide by 255" : 'scale it, as fitScaling("minmax", …) says';
    throw new RangeError(`${name}: data must lie in [0, 1], found ${value} at row ${row}, column ${column} (${advice}, or use gaussian())`);
  };
}
