/** Noise that belongs to a row of the data, whichever batch it comes in. */
import { forEachBits, normalOf } from "../random.ts";
import { streams } from "../streams.ts";

/** Standard normal numbers [rows, L]: row b is the stream of the key `streams.evaluationNoise(seed, first + b)`. Drawn here, they are the same on every device. */
export function rowNoise(seed: number, first: number, rows: number, L: number): Float64Array {
  const noise = new Float64Array(rows * L);
  for (let b = 0; b < rows; b++) {
    const [k0, k1] = streams.evaluationNoise(seed, first + b).words;
    forEachBits(k0, k1, L, (l, bits) => (noise[b * L + l] = normalOf(bits)));
  }
  return noise;
}
