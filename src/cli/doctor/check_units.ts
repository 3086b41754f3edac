/** Whether rows look as if they were in other units than those that a model was trained on: a score of such rows would mean nothing. */
import type { Scaling } from "../../data/scaling.ts";
import type { TypedArray } from "../../kernel.ts";
import type { ModelFile } from "../rows/model.ts";

/** Fewer rows say too little about their columns. */
const FEWEST = 10;
/** How much farther apart than in training, or closer together, the values of a column may lie. */
const FACTOR = 10;

/** RangeError where values that the model scales have been scaled already, or are in other units. */
export function checkUnits(command: string, { path, about }: ModelFile, name: string, values: TypedArray, columns: number): void {
  const { scaling } = about;
  if (scaling?.kind === "unit") checkUnit(command, path, name, values, scaling.scale[0]!);
  else if (scaling && values.length >= FEWEST * columns) checkSpreads(command, path, name, values, columns, scaling);
}

/** Grey values from 0 to 255 that do not exceed 1 are those from 0 to 1. */
function checkUnit(command: string, path: string, name: string, values: TypedArray, scale: number): void {
  if (scale > 0.5 || values.some((value) => Math.abs(value) > 1)) return;
  throw new RangeError(
    `${command}: ${path} was trained on values from 0 to ${Math.round(1 / scale)}, got ${name} with none above 1` +
      ` (give the values as they were before scaling; --packed reads truth values)`,
  );
}

/** Columns that training gave the same spread have a spread of their own here. */
function checkSpreads(command: string, path: string, name: string, values: TypedArray, columns: number, { kind, scale }: Scaling): void {
  // A column of [0, 1] that fills it evenly deviates by √(1/12).
  const usual = kind === "standard" ? 1 : Math.sqrt(1 / 12);
  const spreads = Array.from({ length: columns }, (_, column) => (deviation(values, columns, column) * (scale[column] ?? scale[0]!)) / usual);
  const odd = spreads.filter((spread) => spread > 0 && (spread > FACTOR || spread < 1 / FACTOR)).length;
  if (kind === "none" || odd <= columns / 2) return;
  throw new RangeError(
    `${command}: ${path} was trained on columns scaled by ${kind}, got ${name} with ${odd} of ${columns} columns spread more than ${FACTOR} times as far or as little` +
      ` (give the values as they were before scaling, in the units of the training rows)`,
  );
}

function deviation(values: TypedArray, columns: number, column: number): number {
  const rows = values.length / columns;
  let mean = 0;
  for (let i = column; i < values.length; i += columns) mean += values[i]! / rows;
  let squares = 0;
  for (let i = column; i < values.length; i += columns) squares += (values[i]! - mean) ** 2;
  return Math.sqrt(squares / rows);
}
