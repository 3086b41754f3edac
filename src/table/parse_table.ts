/** A table that is in memory already, as a page has it. */
import { bytesOf, checkOptions, type Checks, TEXT } from "../check.ts";
import { FormatError } from "../formats/format_error.ts";
import { atOnce } from "../turns.ts";
import type { TypedTable } from "./columns.ts";
import { schemaOf, type TableSchema } from "./schema.ts";
import { TABLE_READING, TableReader, type TableReadOptions } from "./table_reader.ts";

/** A table with its schema. */
export interface SchemaTable extends TypedTable {
  readonly schema: TableSchema;
}

/** How a text is read, and what errors call it. */
export interface ParseTableOptions extends TableReadOptions {
  /** Default "table". */
  readonly name?: string;
}

const OPTIONS: Checks<keyof ParseTableOptions> = { ...TABLE_READING, name: TEXT };

/**
 * The table in a text, or in its bytes (UTF-8, or UTF-16 with its mark): separator, names, decimal sign and the kind of each column are found, and can be said. FormatError with all
 * that is wrong in it, ten lines at most.
 */
export function parseTable(given: string | Uint8Array | ArrayBuffer, options: ParseTableOptions = {}): SchemaTable {
  checkOptions("parseTable", options, OPTIONS);
  const bytes = typeof given === "string" ? new TextEncoder().encode(given) : bytesOf("parseTable", given);
  const reader = new TableReader(options.name ?? "table", options, bytes.length);
  reader.push(bytes);
  return atOnce(finished(reader, options.name ?? "table"));
}

/** What has been read, with its schema. FormatError where there is nothing to learn from. */
export function* finished(reader: TableReader, name: string): Generator<number, SchemaTable> {
  const { dialect, ...table } = yield* reader.finishing();
  if (table.columns.every(({ kind }) => kind === "empty")) throw new FormatError(`${name}: a table has cells, got none in any column`);
  return { ...table, schema: schemaOf({ ...table, dialect }) };
}
