/** What a table is beyond its rows, as plain JSON: enough to turn rows of cells into numbers and numbers into rows of cells. */
import { type Check, checkValue, TEXT, thing } from "../check.ts";
import type { Dialect } from "../formats/dialect.ts";
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import type { CategoryColumn, ConstantColumn, DateColumn, NumberColumn, OmittedColumn, TypedColumn, TypedTable } from "./columns.ts";
import type { KindChoice } from "./read_column.ts";
import { checkSchema, MOST_COLUMNS, MOST_QUANTILES } from "./schema_check.ts";
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

/** The most bytes of a schema as JSON. */
export const MOST_BYTES = 10_000_000;

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
  return new Map(schema.columns.map((column) => [column.name, choiceOf(column)]));
}

function choiceOf(column: ColumnSchema): KindChoice {
  const { kind } = column;
  if (kind === "constant") return { kind: "category" };
  if (kind !== "date" || "unit" in column.form) return { kind };
  const fields = column.form.parts.map((part) => ("field" in part ? part.field : undefined));
  const [day, month] = [fields.indexOf("day"), fields.indexOf("month")];
  return { kind, ...(day >= 0 && month >= 0 && { order: day < month ? "dayFirst" : "monthFirst" }) };
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
  checkSchema(schema, name);
  return schema as TableSchema;
}
