/** Tables of any columns on disk: text in columns, also compressed, with the kind of each column. */
import { checkOptions, type Checks, checkValue, COUNT, TEXT } from "../check.ts";
import { finished, type SchemaTable } from "../table/parse_table.ts";
import { TABLE_READING, TableReader, type TableReadOptions } from "../table/table_reader.ts";
import { inTurns, turns, WORK } from "../turns.ts";
import { type PieceOptions, piecesOf, sizeOf } from "./pieces.ts";

/** How a file is read. */
export interface ReadTableOptions extends TableReadOptions, PieceOptions {}

/**
 * The table in a file of text (UTF-8, or UTF-16 with its mark), or in standard input ("-"): separator, names, decimal sign and the kind of each column are found, and can be said.
 * Errors name the file: FormatError with all that is wrong in it, ten lines at most; Error where it cannot be read.
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<SchemaTable> {
  checkValue("readTable", "path", path, TEXT);
  checkOptions("readTable", options, OPTIONS);
  const reader = new TableReader(path, /\.tsv(\.gz)?$/i.test(path) ? { separator: "\t", ...options } : options, await sizeOf(path));
  for await (const piece of piecesOf(path, options)) reader.push(piece);
  return await inTurns(finished(reader, path), turns({ signal: options.signal }));
}

const OPTIONS: Checks<keyof ReadTableOptions> = { ...WORK, ...TABLE_READING, maxBytes: COUNT };
