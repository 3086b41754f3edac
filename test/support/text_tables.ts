/** Tables for tests: read from text, and their rows written again. */
import { encodeRows, decodeRows, writtenColumns } from "../../src/table/rows.ts";
import { schemaOf, type TableSchema } from "../../src/table/schema.ts";
import { TableReader, type TableReadOptions } from "../../src/table/table_reader.ts";

export type ReadTable = ReturnType<TableReader["finish"]>;

/** The table in a text, in pieces of some length. */
export function readText(text: string, options: TableReadOptions = {}, piece: number = 1 << 16): ReadTable {
  const bytes = new TextEncoder().encode(text);
  const reader = new TableReader("table.csv", options);
  for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
  return reader.finish();
}

/** Kinds by the names of columns. */
export function kinds({ columns }: ReadTable): Record<string, string> {
  return Object.fromEntries(columns.map(({ name, kind }) => [name, kind]));
}

/** The rows of a table after a schema, by way of JSON, has made numbers of them and rows again; and which columns these are. */
export function roundTrip(table: ReadTable): { names: string[]; rows: string[][] } {
  const schema = JSON.parse(JSON.stringify(schemaOf(table))) as TableSchema;
  const { values } = encodeRows(schema, table);
  return { names: writtenColumns(schema).map(({ name }) => name), rows: [...decodeRows(schema, values)] };
}
