/** CSV files: their bytes in blocks of whole records, and the cells of each record. */
import Papa from "papaparse";
import { separatorOf, SEPARATORS, type Table, TableBuilder, type TableOptions } from "../formats/csv.ts";
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import { atOnce } from "../turns.ts";

export interface CsvOptions extends TableOptions {
  /** One character; by default a tab, a semicolon or a comma, the first of them that the first line has outside quotes. */
  readonly separator?: string;
}

/** Records are split a block at a time: the many small strings of all cells would take far more memory than their text. */
const BLOCK = 1 << 17;
/** A longer line is no table's, or a quote was left open. */
const LONGEST_LINE = 1 << 24;
const MOST_COLUMNS = 1 << 18;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const QUOTE = 0x22;

/** The numbers in the bytes of a CSV file in UTF-8. `name` is said in errors: FormatError, with line and column, for whatever is no numeric table. */
export function parseCsv(bytes: Uint8Array, name: string, options: CsvOptions = {}): Table {
  return atOnce(csvSteps(bytes, name, options));
}

/** `parseCsv` block by block: yields how many bytes a block had. */
export function* csvSteps(bytes: Uint8Array, name: string, options: CsvOptions = {}): Generator<number, Table> {
  if (options.separator !== undefined && !/^[^"\r\n\d]$/.test(options.separator)) {
    throw new RangeError(`${name}: a separator is one character, no digit, quote or line end, got ${quoted(options.separator)}`);
  }
  const table = new TableBuilder(name, bytes.length, options);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let separator = options.separator;
  let line = 1;
  for (const [start, end] of blocksOf(bytes, name, options.separator ?? SEPARATORS)) {
    const text = decode(decoder, bytes.subarray(start, end), name, line).replace(/\r\n?/g, "\n");
    separator ??= separatorOf(text);
    line = addRecords(table, text, separator, name, line);
    yield end - start;
  }
  return table.finish();
}

/** Adds the records of a block that starts at `line`, and returns the line after it. */
function addRecords(table: TableBuilder, text: string, separator: string, name: string, line: number): number {
  const { data: records, errors } = Papa.parse<string[]>(text, { delimiter: separator, newline: "\n" });
  // After the last line end the package sees one more, empty record; an open quote swallows it.
  if (text.endsWith("\n") && errors.length === 0) records.pop();
  records.forEach((cells, row) => {
    if (errors[0]?.row === row) {
      fail(name, `a quoted cell ends at a separator or a line end, got one in the record of line ${line} that does not`);
    }
    table.add(cells, line);
    line += lineEnds(cells) + 1;
  });
  return line;
}

/** Line ends inside the cells of a record, where quotes allow them. */
function lineEnds(cells: readonly string[]): number {
  return cells.reduce((lines, cell) => (cell.includes("\n") ? lines + cell.split("\n").length - 1 : lines), 0);
}

function decode(decoder: TextDecoder, bytes: Uint8Array, name: string, line: number): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw new FormatError(`${name}: the text is UTF-8, got other bytes at line ${line} or after (save it as UTF-8)`, { cause: error });
  }
}

/**
 * Cuts text at line ends outside quotes, that is after an even number of them, into parts of at least BLOCK bytes. FormatError for a line that
 * is too long, or has too many of `separators`, to be split in memory.
 */
function* blocksOf(bytes: Uint8Array, name: string, separators: string): Generator<[start: number, end: number]> {
  const separates = Uint8Array.from({ length: 256 }, (_, byte) => Number(separators.includes(String.fromCharCode(byte))));
  let start = 0;
  let lineStart = 0;
  let cells = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) quoted = !quoted;
    if (quoted || (byte !== LINE_FEED && (byte !== CARRIAGE_RETURN || bytes[i + 1] === LINE_FEED))) {
      cells += separates[byte]!;
      if (i - lineStart >= LONGEST_LINE) fail(name, `a line has at most ${LONGEST_LINE} bytes, got a longer one (is a quote left open?)`);
      if (cells >= MOST_COLUMNS) fail(name, `a line has at most ${MOST_COLUMNS} cells, got more (is a quote left open?)`);
      continue;
    }
    lineStart = i + 1;
    cells = 0;
    if (lineStart - start < BLOCK) continue;
    yield [start, lineStart];
    start = lineStart;
  }
  if (start < bytes.length) yield [start, bytes.length];
}

function fail(name: string, rule: string): never {
  throw new FormatError(`${name}: ${rule}`);
}
