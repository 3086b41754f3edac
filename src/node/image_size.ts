/** Whether the rows of an array are pictures, and of which size. */

interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Smaller squares of bytes are rows of a table. */
const LEAST_SIDE = 8;
/** Rows that are looked at. */
const MOST_ROWS = 256;
/** Neighbours in a picture differ at most by this part of what any two of its pixels differ by. */
const ALIKE = 0.8;

/**
 * Width and height where the inner dimensions say that a row is one: [rows, height, width], with one channel before or behind; and where rows of bytes
 * are squares of 8 × 8 at least in which neighbours, beside and below each other, are more alike than other pairs.
 */
export function imageSize(inner: readonly number[], values: ArrayLike<number>): Partial<ImageSize> {
  if (inner.length === 2) return { height: inner[0]!, width: inner[1]! };
  if (inner.length === 3 && inner[0] === 1) return { height: inner[1]!, width: inner[2]! };
  if (inner.length === 3 && inner[2] === 1) return { height: inner[0]!, width: inner[1]! };
  const side = Math.sqrt(inner.length === 1 ? inner[0]! : 0);
  const isSquare = values instanceof Uint8Array && side >= LEAST_SIDE && Number.isInteger(side);
  return isSquare && neighboursAreAlike(values, side) ? { width: side, height: side } : {};
}

function neighboursAreAlike(values: Uint8Array, side: number): boolean {
  const D = side * side;
  const rows = Math.min(values.length / D, MOST_ROWS);
  let [near, pairs, far] = [0, 0, 0];
  for (let at = 0; at < rows * D; at += D) {
    const differ = (i: number, j: number): number => Math.abs(values[at + i]! - values[at + j]!);
    for (let i = 0; i < D; i++) {
      // Pairs all over the row, as one multiplier of a prime gives them.
      far += differ(i, (37 * i + (D >> 1) + 1) % D);
      if (i % side < side - 1) [near, pairs] = [near + differ(i, i + 1), pairs + 1];
      if (i + side < D) [near, pairs] = [near + differ(i, i + side), pairs + 1];
    }
  }
  return near / pairs <= (ALIKE * far) / (rows * D);
}
