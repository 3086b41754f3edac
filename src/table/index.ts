/**
 * The `./tables` entry: tables of text as typed columns, as rows of numbers by a schema, and back. Runs wherever JavaScript does, and needs no device.
 * @module elbograd/tables
 */
export { FormatError } from "../formats/format_error.ts";
export type { DialectOptions } from "../formats/dialect.ts";
export type { CategoryColumn, ConstantColumn, DateColumn, EpochForm, Kind, NumberColumn, OmittedColumn, TypedColumn, TypedTable } from "./columns.ts";
export type { DateForm, DatePart, Field, VariedPart } from "./date_form.ts";
export { type ColumnDescription, describe, type TableDescription } from "./describe.ts";
export type { NumberForm } from "./number_form.ts";
export { parseTable, type ParseTableOptions, type SchemaTable } from "./parse_table.ts";
export type { KindChoice } from "./read_column.ts";
export { decodeRows, type DecodeOptions, type EncodedRows, encodeRows } from "./rows.ts";
export { type ColumnSchema, type Quantiles, readSchema, type TableSchema, typesOf } from "./schema.ts";
export type { TableReadOptions } from "./table_reader.ts";
