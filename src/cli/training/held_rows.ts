/** Rows to validate on whose values training has not prepared for: an outlier there is worth a warning, and no end of the run. */
import type { Scaling } from "../../data/scaling.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { columnEnds, columnsText, counted, short } from "../rows/cells.ts";
import { pickFrom } from "../rows/source.ts";

/** Beyond this, in deviations of the training rows, a loss may be no 32-bit number any more; in unknown units that takes more. */
const MOST = 100;
const MOST_UNSCALED = 1e12;

/** Held-out rows that can be scored. */
interface Held {
  /** Undefined where none is left. */
  readonly table: NumbersFile | undefined;
  readonly warnings: readonly string[];
}

/**
 * Leaves out rows with values that no loss could hold; where the likelihood knows [0, 1] alone (`unit`), brings values beyond those of training to the
 * nearest of them instead. RangeError where most of them are beyond: that is another unit.
 */
export function heldInRange(held: NumbersFile, train: NumbersFile, scaling: Scaling, unit: boolean): Held {
  const { scale, shift } = scaling;
  const D = held.columns;
  // Bytes that the scaling brings into [0, 1] whatever they are.
  if (held.values instanceof Uint8Array && scaling.kind === "unit" && scale[0]! <= 1 / 255) return { table: held, warnings: [] };
  const seen = (i: number): number => held.values[i]! * (scale[i % D] ?? scale[0]!) + (shift[i % D] ?? shift[0]!);
  if (unit) return clamped(held, train, scaling);
  // Of n training rows none is more than √n deviations out.
  const most = scaling.kind === "standard" || scaling.kind === "minmax" ? Math.max(MOST, Math.sqrt(train.rows)) : MOST_UNSCALED;
  const rows = Array.from({ length: held.rows }, (_, row) => row);
  const kept = rows.filter((row) => !held.values.subarray(row * D, (row + 1) * D).some((_, d) => Math.abs(seen(row * D + d)) > most));
  if (kept.length === held.rows) return { table: held, warnings: [] };
  const out = counted(held.rows - kept.length, "rows");
  const warnings = [`${held.name}: ${out} with values far beyond those of the training rows left out of the validation`];
  return { table: kept.length === 0 ? undefined : pickFrom(held, kept), warnings };
}

function clamped(held: NumbersFile, train: NumbersFile, { kind, scale }: Scaling): Held {
  const { columns: D, values } = held;
  const ends = Array.from({ length: D }, (_, d) => (kind === "minmax" ? columnEnds(train, d) : ([0, 1 / scale[0]!] as const)));
  const beyond = (value: number, i: number): boolean => value < ends[i % D]![0] || value > ends[i % D]![1];
  let [count, first] = [0, -1];
  for (let i = 0; i < values.length; i++) {
    if (!beyond(values[i]!, i)) continue;
    if (count++ === 0) first = i;
  }
  if (count === 0) return { table: held, warnings: [] };
  const [least, greatest] = ends[first % D]!;
  const found = `${values[first]} in ${held.name}, ${columnsText([first % D], held.names)}, where training has ${short(least)} to ${short(greatest)}`;
  if (count > values.length / 2)
    throw new RangeError(`train: rows to validate on are in the units of the training rows, got ${found} (scale them as these)`);
  const text = `${held.name}: ${counted(count, "values")} to validate on beyond those of the training rows, taken for the nearest of these: ${found}`;
  const within = values.map((value, i) => Math.min(Math.max(value, ends[i % D]![0]), ends[i % D]![1]));
  return { table: { ...held, values: within }, warnings: [text] };
}
