/** Tables of the tests, divided as the judge of learning on tables divides them, and its units. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type ColumnSchema, encodeRows, parseTable } from "elbograd/tables";

const FILES: Readonly<Record<string, string>> = {
  penguins: "penguins.csv",
  credit: "credit.csv.gz",
  weather: "weather.csv.gz",
  attrition: "attrition.csv.gz",
  churn: "churn.csv.gz",
};

export interface HeldOut {
  /** Those that rows have numbers of. */
  readonly columns: readonly ColumnSchema[];
  readonly train: Float64Array;
  readonly test: Float64Array;
  /** Of each test row: Σ log sd over the numbers and dates that it has, which turns densities into those of numbers with sd 1. */
  readonly units: Float64Array;
}

export function heldOut(name: string): HeldOut {
  const file = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (file === undefined) throw new RangeError(`bench: the tables are ${Object.keys(FILES).join(", ")}, got "${name}"`);
  const bytes = readFileSync(fileURLToPath(new URL(`../../../test/data/${file}`, import.meta.url)));
  const table = parseTable(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  const { rows, columns: D, values } = encodeRows(table.schema, table);
  const columns = table.schema.columns.filter(({ kind }) => kind === "number" || kind === "category" || kind === "date");
  const rowsWhere = (held: boolean): Float64Array => values.filter((_, i) => isHeld(Math.floor(i / D)) === held);
  const [train, test] = [rowsWhere(false), rowsWhere(true)];
  if (train.length + test.length !== rows * D) throw new Error("bench: a row is held out or is not");
  const logSds = columns.map((column, c) => logUnit(column, numbersOf(column, train, c, D)));
  const units = new Float64Array(test.length / D);
  test.forEach((value, i) => (units[Math.floor(i / D)]! += value === value ? logSds[i % D]! : 0));
  return { columns, train, test, units };
}

/** The judge's hash of a row at its seed 0, below a fifth. */
function isHeld(row: number): boolean {
  return mixed(mixed(row * 1009 + 1)) / 2 ** 32 < 0.2;
}

/** The last steps of MurmurHash3. */
function mixed(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Values of a column as numbers: those of categories that are numbers too. */
function numbersOf(column: ColumnSchema, rows: Float64Array, c: number, D: number): Float64Array {
  const own = rows.filter((value, i) => i % D === c && value === value);
  return column.kind === "category" ? own.map((level) => Number(column.levels[level])) : own;
}

/** log sd of a column, that of noise over a step among it; 0 for categories. */
function logUnit(column: ColumnSchema, values: Float64Array): number {
  if (column.kind === "category") return 0;
  const step = column.kind === "number" ? column.step : 1;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return 0.5 * Math.log(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length + (step * step) / 12);
}
