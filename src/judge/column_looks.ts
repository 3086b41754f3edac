/** What the columns of a data set look like, as the model sees them: moments, ends and places, in one pass. */
import type { Dataset } from "../data/dataset.ts";
import { turns } from "../turns.ts";
import { chunks } from "./chunks.ts";

/** One column, in the units that the model sees. */
export interface ColumnLook {
  readonly mean: number;
  /** Of the population: divided by the number of rows. */
  readonly deviation: number;
  readonly least: number;
  readonly greatest: number;
  /** The rows of these two, the first of each. */
  readonly leastRow: number;
  readonly greatestRow: number;
  /** Values beyond ±`beyond` and beyond ±`beyond`², and values that are not exactly 0: black says nothing of the units of grey. */
  readonly off: number;
  readonly wayOff: number;
  readonly notZero: number;
}

/** Looks at all rows; `beyond` is the bound of what counts as off. */
export async function columnLooks(data: Dataset, beyond: number, signal?: AbortSignal): Promise<ColumnLook[]> {
  const D = data.columns;
  const [mean, squares] = [new Float64Array(D), new Float64Array(D)];
  const [least, greatest] = [new Float64Array(D).fill(Infinity), new Float64Array(D).fill(-Infinity)];
  const [leastRow, greatestRow, off, wayOff, notZero] = [0, 1, 2, 3, 4].map(() => new Float64Array(D)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let row = 0;
  for await (const x of chunks(data, turns({ signal }))) {
    for (let at = 0; at < x.length; at += D, row++) {
      for (let d = 0; d < D; d++) {
        const value = x[at + d]!;
        // Welford 1962: no cancellation where the mean is large.
        const before = value - mean[d]!;
        mean[d]! += before / (row + 1);
        squares[d]! += before * (value - mean[d]!);
        if (value < least[d]!) [least[d], leastRow[d]] = [value, row];
        if (value > greatest[d]!) [greatest[d], greatestRow[d]] = [value, row];
        if (Math.abs(value) > beyond) off[d]!++;
        if (Math.abs(value) > beyond * beyond) wayOff[d]!++;
        if (value !== 0) notZero[d]!++;
      }
    }
  }
  return Array.from({ length: D }, (_, d) => ({
    mean: mean[d]!,
    deviation: Math.sqrt(squares[d]! / row),
    least: least[d]!,
    greatest: greatest[d]!,
    leastRow: leastRow[d]!,
    greatestRow: greatestRow[d]!,
    off: off[d]!,
    wayOff: wayOff[d]!,
    notZero: notZero[d]!,
  }));
}
