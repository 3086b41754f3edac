/** What `evaluate` says of values unlike those that a model was trained on, in the words of the file. */
import type { Scaling } from "../../data/scaling.ts";
import type { OddValues } from "../../judge/odd_values.ts";
import type { TypedArray } from "../../kernel.ts";
import { cellText, columnsText, counted, short } from "../rows/cells.ts";

/** The rows that are scored, in the units of the file. */
export interface Scored {
  readonly name: string;
  /** Of the model, and so of the values. */
  readonly names: readonly string[] | undefined;
  readonly values: TypedArray;
  readonly columns: number;
  /** Every Nth row of the file is one of them. */
  readonly every: number;
  readonly scaling: Scaling;
}

/** `plain.csv: values … in column 2 ("beta"), such as 1e+30 in row 3, column 2 ("beta"), in training 0.1 ± 1.2`, and rows without a finite loss. */
export function oddNotes(found: readonly OddValues[], scored: Scored, leftOut: readonly number[] = []): string[] {
  const notes = found.map((odd) => `${scored.name}: ${oddColumns(odd, scored)}`);
  if (leftOut.length === 0) return notes;
  const rows = leftOut.slice(0, 8).map((row) => row * scored.every + 1);
  const list = `${rows.join(", ")}${leftOut.length > rows.length ? ", …" : ""}`;
  return [
    ...notes,
    `${scored.name}: ${counted(leftOut.length, "rows")} left out of all averages, because the loss is not a finite number there (row ${list})`,
  ];
}

/** Why the file is not scored unless it is asked for. */
export function unitsRefusal(model: string, odd: OddValues, scored: Scored): string {
  const { scaling, name } = scored;
  const kept =
    scaling.kind === "standard" || scaling.kind === "minmax"
      ? `columns scaled by ${scaling.kind}`
      : `values from 0 to ${short(1 / scaling.scale[0]!)}`;
  const packed = scaling.kind === "unit" ? "; --packed reads truth values" : "";
  return (
    `evaluate: ${model} was trained on ${kept}, got ${name} with ${oddColumns(odd, scored)}` +
    ` (give the values in the units of the training rows, as they were before scaling${packed}; --as-is evaluates them as they are)`
  );
}

function oddColumns({ columns, about, farthest }: OddValues, scored: Scored): string {
  const { names, values, columns: D, every } = scored;
  if (columns.length === 0 || !farthest) return about;
  const value = values[farthest.row * D + farthest.column]!;
  const place = cellText(farthest.row * every, farthest.column, names);
  return `${about} in ${columnsText(columns, names)}, such as ${short(value)} in ${place}, in training ${trained(farthest.column, scored.scaling)}`;
}

/** What a column held in training, as far as its scaling tells. */
function trained(column: number, { kind, scale, shift }: Scaling): string {
  const [a, b] = [scale[column] ?? scale[0]!, shift[column] ?? shift[0]!];
  if (kind === "standard") return a === 1 ? short(-b) : `${short(-b / a)} ± ${short(1 / a)}`;
  return a === 1 && kind === "minmax" ? short(-b) : `${short(-b / a)} to ${short((1 - b) / a)}`;
}

/** Why there are no averages. */
export function nothingFinite(found: readonly OddValues[], scored: Scored, message: string): string {
  if (found.length === 0) return message;
  return `evaluate: no row of ${scored.name} has a loss that is a finite number, which comes of ${found.map((odd) => oddColumns(odd, scored)).join("; and of ")}`;
}
