/** Tables of any columns on disk: text in columns, also compressed, with the kind of each column. */
import { FormatError } from "../formats/format_error.ts";
import type { TypedTable } from "../table/columns.ts";
import { schemaOf, type TableSchema } from "../table/schema.ts";
import { TableReader, type TableReadOptions } from "../table/table_reader.ts";
import { type PieceOptions, piecesOf } from "./pieces.ts";

/** How a file is read. */
export interface ReadTableOptions extends TableReadOptions, PieceOptions {}

/** A table with its schema. */
export interface TableFile extends TypedTable {
  readonly schema: TableSchema;
}

/**
 * The table in a file of text, or in standard input ("-"): separator, names, decimal sign and the kind of each column are found, and can be said.
 * Errors name the file: FormatError with all that is wrong in it, ten lines at most; Error where it cannot be read.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<TableFile> {
  const reader = new TableReader(path, path.replace(/\.gz$/i, "").toLowerCase().endsWith(".tsv") ? { separator: "\t", ...options } : options);
  for await (const piece of piecesOf(path, options)) reader.push(piece);
  const table = reader.finish();
  if (table.columns.every(({ kind }) => kind === "empty")) throw new FormatError(`${path}: a table has cells, got none in any column`);
  return { ...table, schema: schemaOf(table) };
}
