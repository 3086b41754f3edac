/** Noise that belongs to a row of the data, whichever batch it comes in. */
import { forEachBits, normalOf } from "../random.ts";
import { streams } from "../streams.ts";

/** Standard normal numbers [rows, L]: row i is the stream of the key `streams.evaluationNoise(seed, first + i)`. Drawn here, they are the same on every device. */
export function rowNoise(seed: number, first: number, rows: number, L: number): Float64Array {
  const noise = new Float64Array(rows * L);
  for (let i = 0; i < rows; i++) {
    const [k0, k1] = streams.evaluationNoise(seed, first + i).words;
    forEachBits(k0, k1, L, (l, bits) => (noise[i * L + l] = normalOf(bits)));
  }
  return noise;
}
