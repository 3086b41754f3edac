/** Columns and cells of a table as messages name them: by name where they have one, and by number from 1, as `--drop` takes them. */
import type { NumbersFile } from "../../node/numbers.ts";
import { quoted } from "../../text.ts";

/** Names of columns that a message lists. */
const LISTED = 8;

/** `column 2 ("beta")`, `columns 1, 4, 7`, or the first few of many and how many there are. */
export function columnsText(columns: readonly number[], names?: readonly string[]): string {
  const shown = columns.slice(0, LISTED).map((column) => columnNumber(column, names));
  const more = columns.length > LISTED ? `, … (${columns.length} in all)` : "";
  return `${columns.length === 1 ? "column" : "columns"} ${shown.join(", ")}${more}`;
}

/** `row 3, column 2 ("beta")`, for a row and a column counted from 0. */
export function cellText(row: number, column: number, names?: readonly string[]): string {
  return `row ${row + 1}, column ${columnNumber(column, names)}`;
}

function columnNumber(column: number, names?: readonly string[]): string {
  return names ? `${column + 1} (${quoted(names[column]!)})` : String(column + 1);
}

/** Least and greatest value of a column. */
export function columnEnds({ values, columns }: Pick<NumbersFile, "values" | "columns">, column: number): readonly [least: number, greatest: number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (let i = column; i < values.length; i += columns) [least, greatest] = [Math.min(least, values[i]!), Math.max(greatest, values[i]!)];
  return [least, greatest];
}

/** At most five digits, without an exponent where that is short. */
export function short(value: number): string {
  return String(Number(value.toPrecision(5)));
}

/** `1 row`, `5 rows`. */
export function counted(count: number, things: string): string {
  return `${count} ${count === 1 ? things.replace(/s$/, "") : things}`;
}
