/** The sizes of a product C [M,N] = A [M,K] · B [K,N]. */

export interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

/** The forward product of W1's first layer, and two squares. */
export const defaultShapes: readonly Sizes[] = [
  { M: 128, N: 400, K: 784 },
  { M: 512, N: 512, K: 512 },
  { M: 1024, N: 1024, K: 1024 },
];

/** The sizes written as "M,N,K". */
export function parseShape(shape: string): Sizes {
  const [M = 0, N = 0, K = 0, ...rest] = shape.split(",").map(Number);
  if (rest.length > 0 || ![M, N, K].every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new RangeError(`bench: a shape is three whole numbers M,N,K, got "${shape}" (for example --shape 128,400,784)`);
  }
  return { M, N, K };
}

export const shapeName = ({ M, N, K }: Sizes): string => `${M}×${N}×${K}`;

/** Floating-point operations, a multiply-add counted as two. */
export const productFlops = ({ M, N, K }: Sizes): number => 2 * M * N * K;
