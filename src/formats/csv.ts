/** Numeric tables as text: one row per line, values separated by commas, no header. */
import { FormatError } from "./format_error.ts";

export interface Table {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major. */
  readonly values: Float64Array;
}

/** The numbers of a comma-separated text. `name` is said in errors: FormatError, with line and column, for what is no number and for ragged rows. */
export function parseCsv(text: string, name: string): Table {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  const rows = lines.map((line) => line.split(","));
  const columns = rows[0]?.length ?? 0;
  const values = new Float64Array(rows.length * columns);
  rows.forEach((cells, row) => {
    if (cells.length !== columns) {
      throw new FormatError(`${name}: rows are equally long, line 1 has ${columns} values and line ${row + 1} has ${cells.length}`);
    }
    cells.forEach((cell, column) => {
      const value = cell.trim() === "" ? NaN : Number(cell);
      if (!Number.isFinite(value)) {
        throw new FormatError(`${name}: values are finite numbers, got ${JSON.stringify(cell)} at line ${row + 1}, column ${column + 1}`);
      }
      values[row * columns + column] = value;
    });
  });
  return { rows: rows.length, columns, values };
}
