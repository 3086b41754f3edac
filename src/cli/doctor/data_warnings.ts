/** What looks wrong with data before a training, which is said and not refused. */
import type { TypedArray } from "../../kernel.ts";
import type { NumbersFile } from "../../node/numbers.ts";
import { cellText, columnEnds, columnsText, short } from "../rows/cells.ts";

/** Fewer rows say too little of what is usual. */
const FEWEST = 10;
/** Rows by which a column's middle is found. */
const SAMPLED = 1024;
/** How much farther from the middle than all others a value may lie, and how much wider a column than its middle half. */
const GAP = 100;
const SPREAD = 1000;
/** What stands for "no value" in many files, with either sign: further values are found by the gap alone. */
const FILL = new Set([999, 9999, 99999, 999999, 32767, 32768, 2147483647, 2147483648, 1e20, 1e30, 1e36]);
/** Spreads that no unit explains. */
const [NARROWEST, WIDEST] = [1e-15, 1e15];

/** A value far from the rest of its column. */
interface Suspect {
  readonly column: number;
  readonly value: number;
  readonly row: number;
  readonly count: number;
}

/** Lines on values that look like fill values, on spreads beyond sense, and, where the likelihood is a `density`, on columns that never change. */
export function dataWarnings(table: NumbersFile, density: boolean): string[] {
  const { name, values, columns, names } = table;
  if (values instanceof Uint8Array) return density ? constantWarning(table) : [];
  const looks = Array.from({ length: columns }, (_, column) => new ColumnValues(values, columns, column));
  const suspects = looks.flatMap((look) => look.suspects());
  const fills = [...new Set(suspects.map(({ value }) => value))].map((value) =>
    fillWarning(
      table,
      suspects.filter((s) => s.value === value),
    ),
  );
  const suspected = new Set(suspects.map(({ column }) => column));
  const spreads = looks.flatMap((look, column) => {
    const odd = suspected.has(column) ? undefined : look.oddSpread();
    return odd === undefined ? [] : [`${name}: ${columnsText([column], names)} ${odd} (--drop ${column + 1} leaves it out)`];
  });
  return [...fills, ...spreads.slice(0, 8), ...(density ? constantWarning(table) : [])];
}

/** One value that is far from the rest in some columns. */
function fillWarning({ name, names }: NumbersFile, same: readonly Suspect[]): string {
  const { value, row, column } = same[0]!;
  const where =
    same.length === 1
      ? ""
      : ` (in ${columnsText(
          same.map((s) => s.column),
          names,
        )})`;
  const total = same.reduce((sum, { count }) => sum + count, 0);
  const times = total === 1 ? "" : `, and there ${total} times`;
  return (
    `${name}: ${value} in ${cellText(row, column, names)} is far from the rest of its column${times}${where}: if it stands for a missing value, ` +
    `leave its rows out or put a usual value there (--drop ${numbers(same.map((s) => s.column))} leaves the whole ${same.length === 1 ? "column" : "columns"} out)`
  );
}

/** Columns as `--drop` takes them, the first few of many. */
function numbers(columns: readonly number[]): string {
  return columns
    .slice(0, 8)
    .map((column) => column + 1)
    .join(",");
}

function constantWarning({ name, values, columns, names, rows }: NumbersFile): string[] {
  if (rows < 2) return [];
  const same: number[] = [];
  for (let column = 0; column < columns; column++) {
    let i = column + columns;
    while (i < values.length && values[i] === values[column]) i += columns;
    if (i >= values.length) same.push(column);
  }
  if (same.length === 0) return [];
  const them = same.length === 1 ? "it" : "them";
  return [
    `${name}: all rows have the same value in ${columnsText(same, names)}: a density of ${them} grows without bound, and losses say little (--drop ${numbers(same)} leaves ${them} out)`,
  ];
}

/** The values of one column. */
class ColumnValues {
  readonly #values: TypedArray;
  readonly #columns: number;
  readonly #column: number;
  readonly #rows: number;
  /** Some of the values in order. */
  readonly #sample: Float64Array;

  constructor(values: TypedArray, columns: number, column: number) {
    this.#values = values;
    this.#columns = columns;
    this.#column = column;
    this.#rows = values.length / columns;
    const count = Math.min(this.#rows, SAMPLED);
    this.#sample = Float64Array.from({ length: count }, (_, i) => this.#at(Math.floor((i * this.#rows) / count))).sort();
  }

  #at(row: number): number {
    return this.#values[row * this.#columns + this.#column]!;
  }

  #quantile(part: number): number {
    return this.#sample[Math.floor(part * (this.#sample.length - 1))]!;
  }

  /** Up to three values, each with its first row and how often it is there. */
  suspects(): Suspect[] {
    const far = this.#farthest(this.#quantile(0.5));
    const least = far.findIndex(
      ({ distance }, i) =>
        i < 3 && this.#rows >= FEWEST && far[i + 1] !== undefined && far[i + 1]!.distance > 0 && distance >= GAP * far[i + 1]!.distance,
    );
    const values = new Set(far.slice(0, least + 1).map(({ value }) => value));
    for (const { value } of far.slice(0, 2)) if (FILL.has(Math.abs(value)) && this.#isApart(value)) values.add(value);
    return [...values].map((value) => this.#placed(value));
  }

  /** The four different values farthest from the middle, the farthest first. */
  #farthest(middle: number): { readonly value: number; readonly distance: number }[] {
    const far: { readonly value: number; readonly distance: number }[] = [];
    for (let row = 0; row < this.#rows; row++) {
      const value = this.#at(row);
      const distance = Math.abs(value - middle);
      if ((far.length === 4 && distance <= far[3]!.distance) || far.some((other) => other.value === value)) continue;
      far.push({ value, distance });
      far.sort((a, b) => b.distance - a.distance);
      if (far.length > 4) far.pop();
    }
    return far;
  }

  /** Whether a value lies beyond the range of all others by more than that range. */
  #isApart(value: number): boolean {
    let [least, greatest] = [Infinity, -Infinity];
    for (let row = 0; row < this.#rows; row++) {
      const other = this.#at(row);
      if (other === value) continue;
      [least, greatest] = [Math.min(least, other), Math.max(greatest, other)];
    }
    return least <= greatest && Math.max(least - value, value - greatest) > greatest - least;
  }

  #placed(value: number): Suspect {
    let [first, count] = [-1, 0];
    for (let row = 0; row < this.#rows; row++) {
      if (this.#at(row) !== value) continue;
      if (count++ === 0) first = row;
    }
    return { column: this.#column, value, row: first, count };
  }

  /** What is odd about how far the values spread; undefined where nothing is. */
  oddSpread(): string | undefined {
    if (this.#rows < FEWEST) return undefined;
    const [least, greatest] = columnEnds({ values: this.#values, columns: this.#columns }, this.#column);
    const [spread, half] = [greatest - least, this.#quantile(0.75) - this.#quantile(0.25)];
    const range = `goes from ${short(least)} to ${short(greatest)}`;
    if (spread > 0 && spread < 2 ** -40 * Math.max(Math.abs(least), Math.abs(greatest)))
      return `${range}, which differ in the last digits only: is it constant?`;
    if (spread > WIDEST || (spread > 0 && spread < NARROWEST)) return `${range}: give it in other units`;
    if (half > 0 && spread > SPREAD * half)
      return `${range}, but half of its values lie between ${short(this.#quantile(0.25))} and ${short(this.#quantile(0.75))}: take logarithms, or leave out the rows at its ends`;
    return undefined;
  }
}
