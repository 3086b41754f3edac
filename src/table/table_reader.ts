/** A table while its bytes come in: cells to columns, columns to kinds. Everything that is wrong with a file is said at once. */
import { ARRAY, type Checks, MAP } from "../check.ts";
import { type RecordBounds, RecordSplitter, recordTexts, withoutMark } from "../formats/delimited.ts";
import { DIALECT, type Dialect, type DialectOptions, findDialect } from "../formats/dialect.ts";
import { FormatError } from "../formats/format_error.ts";
import { Problems } from "../formats/problems.ts";
import { Utf8Pieces } from "../formats/utf16.ts";
import { atOnce } from "../turns.ts";
import { ColumnBuilder } from "./column_builder.ts";
import type { TypedColumn, TypedTable } from "./columns.ts";
import { columnOf } from "./kinds.ts";
import type { KindChoice } from "./read_column.ts";

/** What is not left to be found. */
export interface TableReadOptions extends DialectOptions {
  /** Kinds by the name of their column. */
  readonly types?: ReadonlyMap<string, KindChoice>;
  /** Cells that mean missing, beside the common ones. */
  readonly na?: readonly string[];
}

/** A table, and how its file is written. */
export interface ReadTable extends TypedTable {
  readonly dialect: Dialect;
}

/** The rules of these options. */
export const TABLE_READING: Checks<keyof TableReadOptions> = { ...DIALECT, types: MAP, na: ARRAY };

/** Bytes that are looked at before the first cell is read. */
const BEGINNING = 1 << 16;

export class TableReader {
  readonly #name: string;
  readonly #options: TableReadOptions;
  readonly #text: Utf8Pieces;
  /** Pieces until the dialect is known. */
  #pieces: Uint8Array[] = [];
  #waiting = 0;
  #dialect: Dialect | undefined;
  #splitter: RecordSplitter | undefined;
  #columns: ColumnBuilder[] | undefined;
  readonly #na: ReadonlySet<string>;
  #rows = 0;
  readonly #bytes: number | undefined;
  #pushed = 0;
  readonly #problems: Problems;

  /** `name` is what errors call the file; `bytes`, where known, how long it is. */
  constructor(name: string, options: TableReadOptions = {}, bytes?: number) {
    this.#name = name;
    this.#text = new Utf8Pieces(name);
    this.#bytes = bytes;
    this.#problems = new Problems(name);
    this.#options = options;
    this.#na = new Set(options.na);
  }

  /** Takes the next bytes of the file. */
  push(piece: Uint8Array): void {
    this.#push(this.#text.push(piece));
    this.#pushed += piece.length;
  }

  #push(piece: Uint8Array): void {
    if (this.#splitter) return this.#splitter.push(piece);
    this.#pieces.push(piece.slice());
    this.#waiting += piece.length;
    if (this.#waiting >= BEGINNING) this.#begin(false);
  }

  /** The table, once all bytes are in. FormatError with all that is wrong, ten lines at most. */
  finish(): ReadTable {
    return atOnce(this.finishing());
  }

  /** `finish` column by column. */
  *finishing(): Generator<number, ReadTable> {
    this.#push(this.#text.finish());
    if (!this.#splitter) this.#begin(true);
    this.#splitter!.finish();
    if (!this.#columns || this.#rows === 0) this.#problem("a table has at least one row", this.#columns ? "only a line of names" : "no lines");
    const notes = [...this.#dialect!.notes];
    const columns: TypedColumn[] = [];
    for (const builder of this.#columns ?? []) {
      const choice = this.#options.types?.get(builder.name) ?? {};
      try {
        columns.push(columnOf({ builder, ...builder.take(), choice, note: (text) => notes.push(text) }));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        this.#problems.say(error.message);
      }
      yield 0;
    }
    this.#problems.throw();
    return { rows: this.#rows, columns, notes, dialect: this.#dialect! };
  }

  #begin(whole: boolean): void {
    const bytes = withoutMark(joined(this.#pieces, this.#waiting));
    this.#pieces = [];
    const zero = bytes.subarray(0, BEGINNING).indexOf(0);
    if (zero >= 0) throw new FormatError(`${this.#name}: a table is text, got a byte 0 at ${zero} (is it another kind of file?)`);
    const end = whole ? bytes.length : bytes.lastIndexOf(0x0a) + 1 || bytes.length;
    this.#dialect = findDialect(new TextDecoder().decode(bytes.subarray(0, end)), this.#options);
    this.#splitter = new RecordSplitter(this.#name, this.#dialect, (record) => this.#record(record));
    this.#splitter.push(bytes);
  }

  #record(record: RecordBounds): void {
    const { bytes, count, starts, ends, quotes, line } = record;
    // a blank line is one cell with nothing in it
    if (count === 1 && starts[0] === ends[0] && quotes[0] === 0 && this.#columns?.length !== 1) return;
    if (!this.#columns) {
      const header = this.#dialect!.header;
      const names = header ? recordTexts(record) : new Array<string>(count).fill("");
      this.#columns = namesApart(names).map((name) => this.#builder(name));
      if (header) return;
    }
    const columns = this.#columns;
    if (count !== columns.length) return this.#problem(`rows have ${columns.length} cells`, `${count} at line ${line}`);
    this.#rows++;
    for (let c = 0; c < count; c++) columns[c]!.add(bytes, starts[c]!, ends[c]!, quotes[c]!, line);
  }

  #builder(name: string): ColumnBuilder {
    const exact = this.#options.types?.get(name)?.kind === "category";
    return new ColumnBuilder(name, { decimal: this.#dialect!.decimal, na: this.#na, expected: (rows) => this.#expected(rows), exact });
  }

  /** How many rows there will be, as far as those of the pieces before this one tell; rather too many, as that costs nothing. */
  #expected(rows: number): number {
    return this.#bytes === undefined || this.#pushed === 0 ? 0 : Math.ceil(1.02 * rows * (this.#bytes / this.#pushed));
  }

  #problem(rule: string, got: string): void {
    this.#problems.say(`${rule}, got ${got}`);
  }
}

/** Names of which no two are the same: a, a.2, and column 3 where there is none. */
export function namesApart(names: readonly string[]): string[] {
  const taken = new Set(names);
  const given = new Set<string>();
  return names.map((name, c) => {
    let own = name === "" ? `column ${c + 1}` : name;
    const root = own;
    for (let n = 2; given.has(own) || (own !== name && taken.has(own)); n++) own = `${root}.${n}`;
    given.add(own);
    return own;
  });
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
