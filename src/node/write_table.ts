/** Tables on their way to the disk: numbers, or the rows of a schema. */
import { basename, dirname } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { ANY, ARRAY, checkOptions, type Checks, checkValue, COUNT, FLAG, type Numbers, numbersOf, rowsOf, TEXT } from "../check.ts";
import { cellText, csvText } from "../formats/csv.ts";
import { writeNpy } from "../formats/npy.ts";
import type { TypedArray } from "../kernel.ts";
import { decodeRows, writtenColumns } from "../table/rows.ts";
import { encodedColumns, SCHEMA, type TableSchema } from "../table/schema.ts";
import { turns, WORK, type WorkOptions } from "../turns.ts";
import { AtomicFiles } from "./atomic.ts";
import { formatOf } from "./numbers.ts";

/** A table of numbers for `writeTable`. */
export interface WrittenTable {
  /** [rows, columns], row-major. */
  readonly values: Numbers;
  readonly columns: number;
  /** The first line of a CSV file; an NPY file has no place for them. */
  readonly names?: readonly string[];
  /**
   * In CSV, a ' before text that a spreadsheet would run as formulas, what begins with =, +, -, @, a tab or a carriage return. Numbers are never
   * changed. Default false, because other programs then read other text.
   */
  readonly safe?: boolean;
}

/** Rows of a schema for `writeTable`: they are written as cells, in the forms of the table that the schema was made from. */
export interface WrittenRows {
  /** As `readTable` gives it. */
  readonly schema: TableSchema;
  /** [rows, encoded columns], row-major, as `encodeRows` gives them; NaN where a cell is missing. */
  readonly values: Numbers;
  readonly safe?: boolean;
}

/**
 * Writes a table as .csv, .tsv or .npy, each also .gz, by the file's name; rows of a schema as text alone. The old file stays until the new one is safe on
 * the disk, and where a signal comes before. Progress is in rows.
 */
export async function writeTable(path: string, given: WrittenTable | WrittenRows, options: WorkOptions = {}): Promise<void> {
  checkValue("writeTable", "path", path, TEXT);
  checkOptions("writeTable", options, WORK);
  const format = formatOf(path);
  if (format === "idx" || format === "npz") throw new RangeError(`writeTable: a table is written as .csv, .tsv or .npy, got ${path}`);
  const { rows, parts } = "schema" in Object(given) ? rowParts(given as WrittenRows, format, path) : numberParts(given as WrittenTable, format);
  const turn = turns(options, rows);
  const files = await AtomicFiles.open(dirname(path));
  try {
    for (const [part, count] of parts) {
      // Compressed parts one after the other are a gzip file.
      await files.append(basename(path), path.endsWith(".gz") ? await promisify(gzip)(part) : part);
      await turn(count);
    }
    await files.commit();
  } catch (error) {
    await files.discard();
    throw error;
  }
}

type TextFormat = "csv" | "tsv";

/** What is written: so many rows, in parts. */
interface Written {
  readonly rows: number;
  readonly parts: Iterable<readonly [part: string | Uint8Array, rows: number]>;
}

const NUMBERS: Checks<keyof WrittenTable> = { values: ANY, columns: COUNT, names: ARRAY, safe: FLAG };
const ROWS: Checks<keyof WrittenRows> = { schema: SCHEMA, values: ANY, safe: FLAG };

/** Cells that are made text in one go. */
const CELLS = 1 << 13;

function numberParts(table: WrittenTable, format: TextFormat | "npy"): Written {
  checkOptions("writeTable", table, NUMBERS, ["columns"], "a table is");
  const { columns, names } = table;
  const values = rowsOf("writeTable", table.values, columns);
  if (names !== undefined && names.length !== columns) {
    throw new RangeError(`writeTable: there is one name per column, got ${names.length} names for ${columns} columns`);
  }
  const rows = values.length / columns;
  return { rows, parts: format === "npy" ? [[writeNpy([rows, columns], values), rows]] : numberText({ ...table, values }, format) };
}

function* numberText(
  { values, columns, names, safe = false }: WrittenTable & { readonly values: TypedArray },
  format: TextFormat,
): Generator<[string, number]> {
  const separator = format === "tsv" ? "\t" : ",";
  const rows = values.length / columns;
  const most = Math.ceil(CELLS / columns);
  for (let first = 0; first < rows; first += most) {
    const count = Math.min(most, rows - first);
    const part = values.subarray(first * columns, (first + count) * columns);
    const text = csvText(part, columns, { separator, safe, ...(first === 0 && names && { names }) });
    yield [[...text].join(""), count];
  }
}

function rowParts(table: WrittenRows, format: TextFormat | "npy", path: string): Written {
  checkOptions("writeTable", table, ROWS, ["schema"], "rows of a schema are");
  if (format === "npy") throw new RangeError(`writeTable: rows of a schema are written as .csv or .tsv, got ${path}`);
  const values = numbersOf("writeTable", "values", table.values);
  const encoded = encodedColumns(table.schema).length;
  const separator = format === "tsv" ? "\t" : table.schema.separator;
  return { rows: encoded === 0 ? 0 : values.length / encoded, parts: rowText({ ...table, values }, separator) };
}

function* rowText({ schema, values, safe = false }: WrittenRows & { readonly values: TypedArray }, separator: string): Generator<[string, number]> {
  const columns = writtenColumns(schema);
  const line = (cells: readonly string[], asText: (column: number) => boolean): string =>
    `${cells.map((cell, c) => cellText(cell, separator, safe && asText(c))).join(separator)}\n`;
  const isText = columns.map((column) => column.kind === "constant" || (column.kind === "category" && !column.numeric));
  let text = schema.header
    ? line(
        columns.map(({ name }) => name),
        () => true,
      )
    : "";
  let count = 0;
  for (const cells of decodeRows(schema, values)) {
    text += line(cells, (c) => isText[c]!);
    if (++count * columns.length < CELLS) continue;
    yield [text, count];
    [text, count] = ["", 0];
  }
  yield [text, count];
}
