/** Latent points worth decoding: the grid of a two-dimensional space, straight lines, and one dimension at a time. All [rows, L], row-major. */
import { normalOf } from "../random.ts";

/** The quantile of N(0, 1) at p in (0, 1), to the accuracy of f32 (Giles 2010): the map that makes normal noise of uniform bits. */
function normalQuantile(p: number): number {
  return normalOf(Math.floor(p * 2 ** 32));
}

/**
 * side×side points z in rows from top to bottom: equally likely parts of N(0, I) get equally many (Kingma and Welling 2014, figure 4).
 * Column i and row j of the grid are the quantiles at (i + ½)/side and, upwards, (j + ½)/side.
 */
export function manifoldLatents(side: number): Float64Array {
  const quantiles = Array.from({ length: side }, (_, i) => normalQuantile((i + 0.5) / side));
  return Float64Array.from({ length: 2 * side * side }, (_, i) => {
    const cell = Math.floor(i / 2);
    return i % 2 === 0 ? quantiles[cell % side]! : quantiles[side - 1 - Math.floor(cell / side)]!;
  });
}

/** `steps` points on the straight line from `from` to `to`, both included: z = (1 − t)·from + t·to. */
export function lineLatents(from: ArrayLike<number>, to: ArrayLike<number>, steps: number): Float64Array {
  const L = from.length;
  return Float64Array.from({ length: steps * L }, (_, i) => {
    const t = Math.floor(i / L) / (steps - 1);
    return (1 - t) * from[i % L]! + t * to[i % L]!;
  });
}

/** For each of the L latents in turn, `start` with that latent at `steps` equal steps from −reach to reach: L·steps points. */
export function traverseLatents(start: ArrayLike<number>, steps: number, reach: number = 3): Float64Array {
  const L = start.length;
  return Float64Array.from({ length: L * steps * L }, (_, i) => {
    const point = Math.floor(i / L);
    return Math.floor(point / steps) === i % L ? -reach + (2 * reach * (point % steps)) / (steps - 1) : start[i % L]!;
  });
}
