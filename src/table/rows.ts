/** Rows of cells as rows of numbers, one a cell, and back. */
import { checkOptions, checkValue, FLAG, type Numbers, numbersOf, TEXT } from "../check.ts";
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import { type CategoryColumn, type EpochForm, TABLE, type TypedColumn, type TypedTable } from "./columns.ts";
import { dateOf, FIRST_DAY, LAST_DAY } from "./dates/dates.ts";
import { writeNumber } from "./number_form.ts";
import { OTHER } from "./text_kind.ts";
import { type ColumnSchema, type EncodedColumn, encodedColumns, SCHEMA, type TableSchema } from "./schema.ts";
import { writeDate } from "./dates/write_date.ts";

/** What a table of cells is to a model. */
export interface EncodedRows {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major: numbers as they are, the place of a category's level, days from 1970; NaN where a cell is missing. */
  readonly values: Float64Array;
  /** Cells of levels that the schema does not know, which are missing then, by column. */
  readonly unseen: ReadonlyMap<string, number>;
}

/** The numbers of a table by a schema, columns found by name. FormatError names the columns that it lacks; others are left out. */
export function encodeRows(schema: TableSchema, table: TypedTable, name: string = "encodeRows"): EncodedRows {
  checkValue("encodeRows", "schema", schema, SCHEMA);
  checkValue("encodeRows", "table", table, TABLE);
  checkValue("encodeRows", "name", name, TEXT);
  const { rows, columns } = table;
  const byName = new Map(columns.map((column) => [column.name, column]));
  const wanted = encodedColumns(schema);
  const absent = wanted.filter((column) => !byName.has(column.name));
  if (absent.length > 0) {
    const known = new Set(schema.columns.map((column) => column.name));
    const others = columns.filter((column) => !known.has(column.name)).map((column) => column.name);
    const list = (names: readonly string[]): string =>
      names
        .slice(0, 10)
        .map((each) => quoted(each, 40))
        .join(", ") + (names.length > 10 ? ", …" : "");
    throw new FormatError(
      `${name}: a table has the columns of its schema, got none named ${list(absent.map((column) => column.name))}${others.length > 0 ? ` (new are ${list(others)})` : ""}`,
    );
  }
  const values = new Float64Array(rows * wanted.length);
  const unseen = new Map<string, number>();
  wanted.forEach((column, c) => {
    const { cells, strange } = cellsFor(column, byName.get(column.name)!, rows, name);
    if (strange > 0) unseen.set(column.name, strange);
    for (let row = 0; row < rows; row++) values[row * wanted.length + c] = cells[row]!;
  });
  return { rows, columns: wanted.length, values, unseen };
}

/** The numbers of one column as the schema has them. */
function cellsFor(schema: EncodedColumn, column: TypedColumn, rows: number, name: string): { cells: ArrayLike<number>; strange: number } {
  if (column.kind === "empty" || column.missing === rows) return { cells: new Float64Array(rows).fill(NaN), strange: 0 };
  if (schema.kind === "category") return placesOf(schema, column, rows, name);
  if (column.kind === schema.kind) return { cells: column.values, strange: 0 };
  throw new FormatError(`${name}: column ${quoted(schema.name, 60)} holds ${schema.kind}s, got a ${column.kind} (${column.reason})`);
}

type Levels = Pick<CategoryColumn, "levels" | "numeric">;

function placesOf({ levels, numeric }: Levels, column: TypedColumn, rows: number, name: string): { cells: Float64Array; strange: number } {
  const own = column.kind === "category" ? column : undefined;
  if (!own && column.kind !== "constant")
    throw new FormatError(`${name}: column ${quoted(column.name, 60)} holds categories, got a ${column.kind} (${column.reason})`);
  const places = new Map(levels.map((level, i) => [level, i]));
  // numbers are the same however they are written
  const numbers = new Map(numeric ? levels.map((level, i): [number, number] => [Number(level), i]).filter(([value]) => value === value) : []);
  const theirs = own ? own.levels : [(column as { text: string }).text];
  const other = levels.at(-1) === OTHER ? levels.length - 1 : NaN;
  const map = theirs.map((level) => places.get(level) ?? numbers.get(level === "" ? NaN : Number(level)) ?? other);
  let strange = 0;
  const cells = Float64Array.from({ length: rows }, (_, row) => {
    const value = own ? own.values[row]! : 0;
    if (value !== value) return NaN;
    const place = map[value]!;
    if (place !== place) strange++;
    return place;
  });
  return { cells, strange };
}

/** How numbers become cells. */
export interface DecodeOptions {
  /** Whether numbers beyond the range that the schema was made from become its ends; default false. */
  readonly clip?: boolean;
}

/** The columns that rows of a schema are written with: all but those left out. */
export function writtenColumns({ columns }: TableSchema): ColumnSchema[] {
  return columns.filter(({ kind }) => kind !== "identifier" && kind !== "empty");
}

/** The rows of cells that numbers stand for, `encodeRows` backwards. */
export function decodeRows(schema: TableSchema, values: Numbers, options: DecodeOptions = {}): Generator<string[]> {
  checkValue("decodeRows", "schema", schema, SCHEMA);
  checkOptions("decodeRows", options, { clip: FLAG });
  const clip = options.clip ?? false;
  const numbers = numbersOf("decodeRows", "values", values);
  checkNumbers(encodedColumns(schema), numbers, clip);
  return rowsOfCells(schema, numbers, clip);
}

/** RangeError where rows are not whole, or a number stands for no cell. */
function checkNumbers(encoded: readonly EncodedColumn[], values: ArrayLike<number>, clip: boolean): void {
  const { length } = encoded;
  if (length === 0 ? values.length > 0 : values.length % length !== 0) {
    throw new RangeError(`decodeRows: rows have ${length} numbers, got ${values.length}`);
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const column = encoded[i % length]!;
    const fail = (rule: string): never => {
      throw new RangeError(`decodeRows: ${rule}, got ${value} in row ${Math.floor(i / length) + 1}, column ${quoted(column.name, 60)}`);
    };
    if (Math.abs(value) === Infinity) fail("numbers are finite, or NaN where a cell is missing");
    if (column.kind === "category" && value === value && column.levels[value] === undefined) fail(`levels are 0 to ${column.levels.length - 1}`);
    if (column.kind === "date" && !clip && (value < FIRST_DAY || value >= LAST_DAY + 1)) fail("dates are days of the years 0 to 9999, from 1970");
  }
}

function* rowsOfCells(schema: TableSchema, values: ArrayLike<number>, clip: boolean): Generator<string[]> {
  const written = writtenColumns(schema);
  const encoded = encodedColumns(schema);
  const places = written.map((column) => encoded.indexOf(column as EncodedColumn));
  const writers = written.map((column) => writerOf(column, clip));
  for (let at = 0; at < values.length; at += encoded.length) {
    yield writers.map((write, c) => write(places[c]! < 0 ? 0 : values[at + places[c]!]!));
  }
}

function writerOf(column: ColumnSchema, clip: boolean): (value: number) => string {
  const { missingText } = column;
  const present = (write: (value: number) => string) => (value: number) => (value === value ? write(value) : missingText);
  if (column.kind === "constant") return () => column.text;
  if (column.kind === "category") return present((value) => column.levels[value]!);
  if (column.kind !== "number" && column.kind !== "date") return () => missingText;
  const [least, greatest] = column.range;
  const bound = (value: number): number => (clip ? Math.min(greatest, Math.max(least, value)) : value);
  if (column.kind === "number") {
    const places = column.step > 0 ? Math.round(-Math.log10(column.step)) : -1;
    const onGrid = (value: number): number => (places < 0 || Math.abs(value) >= 1e21 ? value : Number(value.toFixed(places)));
    return present((value) => writeNumber(onGrid(bound(value)), column.form));
  }
  const { form } = column;
  return present((value) => ("unit" in form ? writeEpoch(bound(value), form) : writeDate(bound(value), form)));
}

function writeEpoch(days: number, { unit }: EpochForm): string {
  if (unit !== "yyyymmdd") return String(Math.round(days * (unit === "seconds" ? 86_400 : 86_400_000)));
  const { year, month, day } = dateOf(Math.round(days));
  return String(year * 10_000 + month * 100 + day);
}
