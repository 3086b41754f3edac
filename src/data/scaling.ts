/** Scaling of data before training, in f64 on the host, with the constants kept so that it can be undone on what comes out. */
import { type Check, checkOptions, type Checks, checkValue, type Numbers, numbersOf, oneOf, rowsOf, ANY } from "../check.ts";
import type { TypedArray } from "../kernel.ts";

/** How columns are scaled: see `fitScaling`. */
export type ScalingKind = "none" | "unit" | "minmax" | "standard";

/** x' = x·scale + shift, per column, or one pair for all columns. Plain numbers, so that a model file can hold them. */
export interface Scaling {
  readonly kind: ScalingKind;
  readonly scale: readonly number[];
  readonly shift: readonly number[];
}

interface Column {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population: divided by the number of rows. */
  readonly deviation: number;
}

const KIND: Check = oneOf(["none", "unit", "minmax", "standard"]);

/**
 * The constants that scale `values` [rows, columns]:
 * - `none` changes nothing.
 * - `unit` brings all columns together into [0, 1]: bytes are divided by 255, other values by the largest, and what lies in [0, 1] stays as it is.
 * - `minmax` brings each column into [0, 1] by its least and largest value.
 * - `standard` gives each column mean 0 and variance 1.
 *
 * A constant column becomes 0 and comes back. RangeError for values that are not finite, for a spread that f64 cannot divide by, and where
 * `unit` meets a negative value.
 */
export function fitScaling(kind: ScalingKind, given: Numbers, columns: number): Scaling {
  checkValue("fitScaling", "the kind", kind, KIND);
  const values = rowsOf("fitScaling", given, columns);
  checkFiniteRows(values, columns);
  switch (kind) {
    case "none":
      return { kind, scale: [1], shift: [0] };
    case "unit":
      return { kind, scale: [unitScale(values, columns)], shift: [0] };
    case "minmax":
      return perColumn(kind, values, columns, ({ min, max }) => [min, max - min]);
    case "standard":
      return perColumn(kind, values, columns, ({ mean, deviation }) => [mean, deviation]);
  }
}

/** x·scale + shift, computed in f64 and rounded to f32: [rows, columns] in, the same out. */
export function scaled(given: Numbers, columns: number, scaling: Scaling): Float32Array {
  const { values, scale, shift, step } = constants("scaled", given, columns, scaling);
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const column = (i % columns) * step;
    result[i] = values[i]! * scale[column]! + shift[column]!;
  }
  return result;
}

/** (x' − shift)/scale, in f64: the units that went into `scaled`. */
export function unscaled(given: Numbers, columns: number, scaling: Scaling): Float64Array {
  const { values, scale, shift, step } = constants("unscaled", given, columns, scaling);
  const result = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const column = (i % columns) * step;
    result[i] = (values[i]! - shift[column]!) / scale[column]!;
  }
  return result;
}

function unitScale(values: TypedArray, columns: number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < 0) throw new RangeError(`fitScaling: unit takes values from 0 on, got ${value} at ${place(i, columns)} (use minmax or standard)`);
    if (value > largest) largest = value;
  }
  if (largest <= 1) return 1;
  return values instanceof Uint8Array ? 1 / 255 : 1 / largest;
}

/** x' = (x − offset)/spread for each column, as scale and shift; a constant column has spread 0 and is only shifted, to 0. */
function perColumn(kind: ScalingKind, values: TypedArray, columns: number, rule: (column: Column) => [offset: number, spread: number]): Scaling {
  const scale: number[] = [];
  const shift: number[] = [];
  for (let column = 0; column < columns; column++) {
    const statistics = statisticsOf(values, columns, column);
    const [offset, spread] = statistics.min === statistics.max ? [statistics.min, 1] : rule(statistics);
    const factor = 1 / spread;
    const constant = 0 - offset * factor; // Never −0, which JSON would not keep.
    if (!(factor > 0) || !Number.isFinite(factor) || !Number.isFinite(constant)) {
      throw new RangeError(`fitScaling: ${kind} divides by the spread of a column, got ${spread} in column ${column} (use other units)`);
    }
    scale.push(factor);
    shift.push(constant);
  }
  return { kind, scale, shift };
}

/** Two passes, the second over deviations from the mean: no cancellation where the mean is large. */
function statisticsOf(values: TypedArray, columns: number, column: number): Column {
  const rows = values.length / columns;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (let i = column; i < values.length; i += columns) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / rows;
  let squares = 0;
  for (let i = column; i < values.length; i += columns) squares += (values[i]! - mean) ** 2;
  if (squares < Infinity) return { min, max, mean, deviation: Math.sqrt(squares / rows) };
  // Squares of more than 1e154 are beyond f64, spreads are not.
  const range = max - min;
  let parts = 0;
  for (let i = column; i < values.length; i += columns) parts += ((values[i]! - mean) / range) ** 2;
  return { min, max, mean, deviation: range * Math.sqrt(parts / rows) };
}

/** What brings data into a model's units and back. */
const SCALING: Checks<keyof Scaling> = { kind: KIND, scale: ANY, shift: ANY };


/** Rows and the constants of their scaling, and the step from one column's to the next: 0 where one pair serves all. */
function constants(op: string, given: Numbers, columns: number, scaling: Scaling): Pick<Scaling, "scale" | "shift"> & { values: TypedArray; step: 0 | 1 } {
  const values = rowsOf(op, given, columns);
  checkOptions(op, scaling, SCALING, [], "a scaling is");
  const [scale, shift] = [numbersOf(op, "scale", scaling.scale), numbersOf(op, "shift", scaling.shift)] as const;
  if (scale.length !== shift.length || (scale.length !== 1 && scale.length !== columns)) {
    throw new RangeError(`${op}: scale and shift have one value or one per column, got ${scale.length} and ${shift.length} for ${columns} columns`);
  }
  return { values, scale: Array.from(scale), shift: Array.from(shift), step: scale.length === 1 ? 0 : 1 };
}

function checkFiniteRows(values: TypedArray, columns: number): void {
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new RangeError(`fitScaling: values are finite, got ${values[wrong]} at ${place(wrong, columns)}`);
}

const place = (i: number, columns: number): string => `row ${Math.floor(i / columns)}, column ${i % columns}`;
