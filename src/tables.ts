/**
 * The `./tables` entry: tables of text as typed columns, as rows of numbers by a schema, and back, wherever JavaScript runs; and the likelihoods of models
 * of tables, whose cells may be missing.
 * @module elbograd/tables
 */
export { FormatError } from "./formats/format_error.ts";
export type { DialectOptions } from "./formats/dialect.ts";
export type {
  CategoryColumn,
  ConstantColumn,
  DateColumn,
  EpochForm,
  Kind,
  NumberColumn,
  OmittedColumn,
  TypedColumn,
  TypedTable,
} from "./table/columns.ts";
export type { DateForm, DatePart, Field, VariedPart } from "./table/dates/date_form.ts";
export { type ColumnDescription, describe, type TableDescription } from "./table/describe.ts";
export type { NumberForm } from "./table/number_form.ts";
export { parseTable, type ParseTableOptions, type SchemaTable } from "./table/parse_table.ts";
export type { KindChoice } from "./table/read_column.ts";
export { decodeRows, type DecodeOptions, type EncodedRows, encodeRows } from "./table/rows.ts";
export { type ColumnSchema, type Quantiles, readSchema, type TableSchema, typesOf } from "./table/schema.ts";
export type { TableReadOptions } from "./table/table_reader.ts";
export type { CategoryOfTable, ColumnOfTable, NumberOfTable } from "./ops/table_columns.ts";
export { categorical } from "./vae/likelihoods/categorical.ts";
export { gaussianMixture, type GaussianMixtureOptions } from "./vae/likelihoods/gaussian_mixture.ts";
export { mixed } from "./vae/likelihoods/mixed.ts";
export { tableLikelihoods } from "./vae/likelihoods/table_registry.ts";
