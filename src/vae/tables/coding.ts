/** A table's columns as a model has them, and back: numbers in standard units, few whole numbers as levels, a date as its year and its day in the year. */
import { type ColumnOfTable, ONE_HOT } from "../../ops/table_columns.ts";
import { dayInYear, dayOf, yearOf } from "../../table/dates/dates.ts";
import type { EncodedColumn } from "../../table/schema.ts";

/** One column of a model. Plain JSON: it stands in the model's file. */
export interface CodedColumn {
  /** The place of what it looks at among the columns of the rows, and whether that is a whole cell, or of a date its year or its day in the year, from 1. */
  readonly column: number;
  readonly of: "cell" | "year" | "day";
  readonly law: ColumnOfTable;
  /** Of a number: the model has (value − offset)·scale. */
  readonly offset: number;
  readonly scale: number;
  /** Of levels that are numbers: those numbers, and what lies between neighbours, by which their probability is divided to be a density. */
  readonly values?: readonly number[];
  readonly step?: number;
}

/** So many different whole numbers are levels. */
const FEW = 20;
/** The least standard deviation of a component, in those of the column. */
const FLOOR = 0.003;
/** A spread that odd values have made is no more than so many times that of the middle half. */
const MOST_SPREAD = 5;
/** Of a normal distribution. */
const QUARTILES_APART = 1.349;
const DAYS = 365.2425;

/** The columns of a model of rows [rows, columns] in the file's units, NaN where a cell is missing; `components` is how many normals a number has. */
export function codingOf(columns: readonly EncodedColumn[], rows: ArrayLike<number>, components: number): CodedColumn[] {
  return columns.flatMap((column, c): CodedColumn[] => {
    const cells = sortedCells(rows, columns.length, c);
    if (column.kind === "category") return [levelsOf(column, c)];
    if (column.kind === "number") return [numberOf(c, "cell", cells, column.step, components)];
    return datesOf(c, cells, components);
  });
}

function sortedCells(rows: ArrayLike<number>, D: number, c: number): Float64Array {
  return Float64Array.from({ length: rows.length / D }, (_, row) => rows[row * D + c]!)
    .filter((value) => value === value)
    .sort();
}

/** 10^−decimals where all levels are numbers. */
export function stepOfLevels(levels: readonly string[]): number | undefined {
  if (!levels.every((level) => level.trim() !== "" && Number.isFinite(Number(level)))) return undefined;
  return Number(`1e-${Math.max(0, ...levels.map((level) => Math.min(9, /\.(\d+)$/.exec(level.trim())?.[1]?.length ?? 0)))}`);
}

/** Levels as they are; where their texts are numbers, with what lies between those. */
function levelsOf({ levels }: Extract<EncodedColumn, { kind: "category" }>, column: number): CodedColumn {
  const law = { kind: "category", levels: Math.max(1, levels.length) } as const;
  const step = stepOfLevels(levels);
  return { column, of: "cell", law, offset: 0, scale: 1, ...(step !== undefined && { step }) };
}

function numberOf(column: number, of: CodedColumn["of"], sorted: Float64Array, step: number, components: number, period?: number): CodedColumn {
  const different = distinct(sorted);
  if (step > 0 && period === undefined && different.length <= FEW && different.every(Number.isInteger)) {
    const values = different.length > 0 ? different : [0];
    return { column, of, law: { kind: "category", levels: values.length }, offset: 0, scale: 1, values, step };
  }
  const offset = sorted[sorted.length >> 1] ?? 0;
  const scale = 1 / spreadOf(sorted, step);
  const cycle = period === undefined ? {} : { cycle: { turns: 1 / (scale * period), phase: offset / period } };
  const floor = Math.max((step * scale) / Math.sqrt(12), FLOOR);
  return { column, of, law: { kind: "number", components, step: step * scale, floor, ...cycle }, offset, scale };
}

/** √(variance, with that of a uniform number in the step), but no more than odd values may make of it. */
function spreadOf(sorted: Float64Array, step: number): number {
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value / n, 0);
  const spread = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0) + step ** 2 / 12);
  const middle = ((sorted[(3 * n) >> 2] ?? 0) - (sorted[n >> 2] ?? 0)) / QUARTILES_APART;
  return (middle > 0 ? Math.min(spread, MOST_SPREAD * middle) : spread) || 1;
}

/** The year as a level and the day in the year as a number that goes round; of more years than levels can be seen one by one, the days as they are. */
function datesOf(column: number, sorted: Float64Array, components: number): CodedColumn[] {
  const step = sorted.every(Number.isInteger) ? 1 : 0;
  const years = distinct(sorted.map(yearOf));
  if (years.length > ONE_HOT || years.length === 0) return [numberOf(column, "cell", sorted, step, components, DAYS)];
  const days = sorted.map(dayInYear).sort();
  return [
    { column, of: "year", law: { kind: "category", levels: years.length }, offset: 0, scale: 1, values: years, step: 1 },
    numberOf(column, "day", days, step, components, DAYS),
  ];
}

function distinct(sorted: Float64Array): number[] {
  return [...new Set(sorted)].sort((a, b) => a - b);
}

/** Rows of a table, NaN where a cell is missing, as rows of a model; a number that is to be a level and is none counts as missing. */
export function encodeCells(coding: readonly CodedColumn[], rows: ArrayLike<number>, columns: number): Float32Array {
  const coders = coding.map(coderOf);
  const D = coding.length;
  const cells = new Float32Array((rows.length / columns) * D);
  for (let i = 0; i < cells.length; i++) cells[i] = coders[i % D]!(rows[Math.floor(i / D) * columns + coding[i % D]!.column]!);
  return cells;
}

function coderOf({ of, values, offset, scale }: CodedColumn): (cell: number) => number {
  const part = of === "year" ? yearOf : of === "day" ? dayInYear : (cell: number) => cell;
  const level = values && new Map(values.map((value, k) => [value, k]));
  return (cell) => (cell !== cell ? NaN : level ? (level.get(part(cell)) ?? NaN) : (part(cell) - offset) * scale);
}

/** Rows of a model as rows of a table. */
export function decodeCells(coding: readonly CodedColumn[], cells: ArrayLike<number>, columns: number): Float64Array {
  const D = coding.length;
  const rows = new Float64Array((cells.length / D) * columns).fill(NaN);
  for (let i = 0; i < cells.length; i++) {
    const coded = coding[i % D]!;
    const { column, of, values, offset, scale } = coded;
    const at = Math.floor(i / D) * columns + column;
    const value = values ? values[cells[i]!]! : cells[i]! / scale + offset;
    rows[at] = of === "day" ? dateOn(rows[at]!, value, coded) : value;
  }
  return rows;
}

/** The date of a day in a year, which is one that the year has; a whole one where all are. */
function dateOn(year: number, day: number, { law }: CodedColumn): number {
  const [first, next] = [dayOf(year, 1, 1), dayOf(year + 1, 1, 1)];
  const isWhole = law.kind === "category" || law.step > 0;
  return first + Math.min(isWhole ? next - first - 1 : next - first - 1e-5, Math.max(0, (isWhole ? Math.round(day) : day) - 1));
}

/**
 * What is to be added to log p of each row of a model for the log density of the table's, in the units of the file: log(scale) for each number that is there,
 * −log(step) for each level that is a number.
 */
export function logUnits(coding: readonly CodedColumn[], cells: ArrayLike<number>): Float64Array {
  const D = coding.length;
  const units = coding.map(({ law, of, scale, step }) =>
    law.kind === "number" ? Math.log(scale) : of === "cell" && step !== undefined ? -Math.log(step) : 0,
  );
  const sums = new Float64Array(cells.length / D);
  for (let i = 0; i < cells.length; i++) if (cells[i] === cells[i]) sums[Math.floor(i / D)]! += units[i % D]!;
  return sums;
}
