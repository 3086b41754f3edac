/** Noise that belongs to a row of the data, whichever batch it comes in. */
import { forEachBits, type Key, normalOf } from "../random.ts";

/** Standard normal numbers [rows, L]: row i is the stream of the key `from.fold(first + i)`. Drawn here, they are the same on every device. */
export function rowNoise(from: Key, first: number, rows: number, L: number): Float64Array {
  const noise = new Float64Array(rows * L);
  for (let i = 0; i < rows; i++) {
    const [k0, k1] = from.fold(first + i).words;
    forEachBits(k0, k1, L, (l, bits) => (noise[i * L + l] = normalOf(bits)));
  }
  return noise;
}
