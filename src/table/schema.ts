/** What a table is beyond its rows, as plain JSON: enough to turn rows of cells into numbers and numbers into rows of cells. */
import { type Check, checkValue, TEXT, thing } from "../check.ts";
import type { Dialect } from "../formats/dialect.ts";
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import type { CategoryColumn, ConstantColumn, DateColumn, Kind, NumberColumn, OmittedColumn, TypedColumn, TypedTable } from "./columns.ts";
import type { KindChoice } from "./read_column.ts";
import { sortedSample } from "./sorted_sample.ts";

/** A column without its cells. */
export type ColumnSchema =
  | (Omit<NumberColumn, "values"> & Quantiles)
  | Omit<CategoryColumn, "values" | "counts">
  | (Omit<DateColumn, "values"> & Quantiles)
  | ConstantColumn
  | OmittedColumn;

/** Of data, no more than this: values at equal shares of the rows, the ends among them. */
export interface Quantiles {
  readonly quantiles: readonly number[];
}

/** Columns in the order of the file, and how the file was written. */
export interface TableSchema {
  readonly version: 1;
  /** Of the table that it was made from. */
  readonly rows: number;
  readonly separator: string;
  readonly header: boolean;
  readonly columns: readonly ColumnSchema[];
}

/** What takes a schema takes this. */
export const SCHEMA: Check = thing("a schema", ["version", "columns"], "parseTable and readTable give one");

/** The most columns, and bytes of a schema as JSON. */
export const MOST_COLUMNS = 10_000;
export const MOST_BYTES = 10_000_000;
const MOST_QUANTILES = 256;

/** The schema of a table; RangeError if it is larger than a model file should hold. */
export function schemaOf({ rows, columns, dialect }: TypedTable & { readonly dialect: Pick<Dialect, "separator" | "header"> }): TableSchema {
  if (columns.length > MOST_COLUMNS) throw new RangeError(`schemaOf: a table has at most ${MOST_COLUMNS} columns, got ${columns.length}`);
  const schema: TableSchema = {
    version: 1,
    rows,
    separator: dialect.separator,
    header: dialect.header,
    columns: columns.map((column) => columnSchema(column, rows)),
  };
  const bytes = JSON.stringify(schema).length;
  if (bytes > MOST_BYTES)
    throw new RangeError(`schemaOf: a schema has at most ${MOST_BYTES} bytes, got ${bytes} (leave columns with many or long levels out)`);
  return schema;
}

function columnSchema(column: TypedColumn, rows: number): ColumnSchema {
  if (column.kind === "category") {
    const { name, kind, reason, missing, missingText, levels, numeric } = column;
    return { name, kind, reason, missing, missingText, levels, numeric };
  }
  if (column.kind !== "number" && column.kind !== "date") return column;
  const { values, ...rest } = column;
  return { ...rest, quantiles: quantilesOf(values, rest.range, Math.max(2, Math.min(MOST_QUANTILES, Math.floor(rows / 4)))) };
}

/** `count` values at equal shares of the sorted ones, from least to greatest. */
function quantilesOf(values: Float64Array, [least, greatest]: readonly [number, number], count: number): number[] {
  const sorted = sortedSample(values);
  if (sorted.length === 0) return [];
  const quantiles = Array.from({ length: count }, (_, i) => sorted[Math.round((i * (sorted.length - 1)) / (count - 1))]!);
  quantiles[0] = least;
  quantiles[count - 1] = greatest;
  return quantiles;
}

/** Columns that a model has numbers of. */
export type EncodedColumn = Extract<ColumnSchema, { readonly kind: "number" | "category" | "date" }>;

export function encodedColumns({ columns }: TableSchema): EncodedColumn[] {
  return columns.filter((column): column is EncodedColumn => column.kind === "number" || column.kind === "category" || column.kind === "date");
}

/** With which kinds another file is read, so that its columns are what the schema says. */
export function typesOf(schema: TableSchema): Map<string, KindChoice> {
  checkValue("typesOf", "schema", schema, SCHEMA);
  return new Map(schema.columns.map(({ name, kind }) => [name, { kind: kind === "constant" ? ("category" satisfies Kind) : kind }]));
}

/** The schema in JSON that anybody may have written. FormatError for what is none. */
export function readSchema(text: string, name: string): TableSchema {
  checkValue("readSchema", "text", text, TEXT);
  checkValue("readSchema", "name", name, TEXT);
  let schema: unknown;
  if (text.length > MOST_BYTES) throw new FormatError(`${name}: a schema has at most ${MOST_BYTES} bytes, got ${text.length}`);
  try {
    schema = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${name}: a schema is JSON, got ${quoted(text, 40)}`, { cause: error });
  }
  const { version, columns } = Object(schema) as Partial<TableSchema>;
  if (version !== 1) throw new FormatError(`${name}: the version of a schema is 1, got ${quoted(JSON.stringify(version) ?? "none", 40)}`);
  if (!Array.isArray(columns) || columns.length > MOST_COLUMNS)
    throw new FormatError(`${name}: a schema has columns, at most ${MOST_COLUMNS}, got none or more`);
  (columns as unknown[]).forEach((column, c) => checkColumn(column, c, name));
  return schema as TableSchema;
}

const KINDS: ReadonlySet<unknown> = new Set<Kind>(["number", "category", "date", "constant", "identifier", "empty"]);

function checkColumn(column: unknown, c: number, name: string): void {
  const { name: own, kind, levels, range, form, step } = Object(column) as Record<string, unknown>;
  const fail = (rule: string): never => {
    throw new FormatError(`${name}: column ${c + 1} of a schema ${rule}, got another`);
  };
  if (typeof own !== "string") fail("has a name that is text");
  if (!KINDS.has(kind)) fail("has a kind that is known");
  if (kind === "category" && !(Array.isArray(levels) && levels.length <= 1e5 && levels.every((level) => typeof level === "string")))
    fail("has levels that are texts");
  if (kind === "number" && !(Number.isFinite(step) && Object(form) === form)) fail("has a step and a form");
  if ((kind === "number" || kind === "date") && !(Array.isArray(range) && range.length === 2 && range.every(Number.isFinite)))
    fail("has a range of two numbers");
  if (kind === "date" && Object(form) !== form) fail("has a form");
}
