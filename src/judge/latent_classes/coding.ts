/** Rows as places in lists of different values: what a class says of a value is worked out once, however many rows have it. */
import { dayInYear, yearOf } from "../../table/dates/dates.ts";
import type { CategoryPart, NumberPart } from "./model.ts";

/** Rows that are worked on at once: what is written down of them for each class stays within megabytes. */
export const ROWS = 4096;

/** Some rows in which the columns' values are numbered. */
export interface Block {
  readonly rows: number;
  /** [parts]: of each row the place of its value, −1 where it is missing. */
  readonly places: readonly Int32Array[];
  /** [parts]: the different values, ascending. */
  readonly values: readonly Float64Array[];
}

/** What decides which number of a cell a part looks at. */
export type Look = Pick<NumberPart, "kind" | "column" | "of" | "step"> | Pick<CategoryPart, "kind" | "column" | "step" | "levels">;

/** Rows of a matrix, row after row, NaN where a cell is missing. */
export type Matrix = ArrayLike<number>;

/** What a part sees of a cell: NaN where it is missing, the number of levels for one that it does not know, else the value on its grid. */
export function seen(look: Look, cell: number): number {
  if (cell !== cell) return NaN;
  if (look.kind === "category") return Number.isInteger(cell) && cell >= 0 && cell < look.levels ? cell : look.levels;
  if (look.of === "cell") return onGrid(cell, look.step);
  return look.of === "year" ? yearOf(cell) : onGrid(dayInYear(cell), look.step);
}

/** The value of the grid that is nearest, so that equal cells are equal numbers whatever precision they went through. */
export function onGrid(value: number, step: number): number {
  const steps = Math.round(value / step);
  return step > 0 && Number.isSafeInteger(steps) ? (step < 1 ? steps / Math.round(1 / step) : steps * step) : value;
}

/** The rows of some numbers, block after block. */
export function* blocksOf(parts: readonly Look[], values: Matrix, columns: number, order: ArrayLike<number>): Generator<Block> {
  for (let first = 0; first < order.length; first += ROWS) {
    const rows = Math.min(ROWS, order.length - first);
    const coded = parts.map((part) => {
      const cells = Float64Array.from({ length: rows }, (_, i) => seen(part, values[order[first + i]! * columns + part.column]!));
      return numbered(cells);
    });
    yield { rows, places: coded.map(({ places }) => places), values: coded.map(({ different }) => different) };
  }
}

function numbered(cells: Float64Array): { places: Int32Array; different: Float64Array } {
  const different = distinct(cells);
  const at = new Map(Array.from(different, (value, i) => [value, i]));
  return { places: Int32Array.from(cells, (value) => at.get(value) ?? -1), different };
}

/** The different numbers among some, ascending; NaN is none. */
export function distinct(cells: Float64Array): Float64Array {
  const sorted = cells.filter((value) => value === value).sort();
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]!);
}
