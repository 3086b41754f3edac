/** Delimited text (RFC 4180 and its relatives) in pieces: bytes in, the bounds of the cells of one record after the other out. No cell becomes a string here. */
import { FormatError } from "./format_error.ts";

/** How a file separates what it holds. */
export interface Layout {
  /** One character between cells; a blank stands for any run of blanks and tabs. */
  readonly separator: string;
  /** The character that begins a line of comment. */
  readonly comment?: string;
  /** Lines before the table. */
  readonly skipLines?: number;
}

/** The cells of one record as places in its bytes: valid until the next record. */
export interface RecordBounds {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Cell c is bytes starts[c] to ends[c], without the quotes around it. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Per cell: 0 plain, 1 in quotes, 2 in quotes with doubled quotes inside. */
  readonly quotes: Uint8Array;
  /** The line that it begins in, from 1. */
  readonly line: number;
}

/** Bytes without the byte order mark of UTF-8 at their beginning. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** The text of bytes in UTF-8, where a byte order mark is a character like others. */
export function decodedText(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

/** The cells of a record as text, without the blanks and tabs around those that are not in quotes. */
export function recordTexts({ bytes, count, starts, ends, quotes }: RecordBounds): string[] {
  return Array.from({ length: count }, (_, cell) => {
    let [start, end] = [starts[cell]!, ends[cell]!];
    if (quotes[cell] === 0) {
      while (start < end && isBlank(bytes[start]!)) start++;
      while (end > start && isBlank(bytes[end - 1]!)) end--;
    }
    const text = decodedText(bytes.subarray(start, end));
    return quotes[cell] === 2 ? text.replaceAll('""', '"') : text;
  });
}

/** A longer line is no table's, or a quote was left open. */
const LONGEST_LINE = 1 << 24;
const MOST_COLUMNS = 1 << 18;

const [TAB, LINE_FEED, CARRIAGE_RETURN, BLANK, QUOTE] = [0x09, 0x0a, 0x0d, 0x20, 0x22];

/** Splits text in UTF-8 that comes in pieces of any length, and calls `take` with each record. FormatError for quotes that end nowhere and endless lines. */
export class RecordSplitter {
  readonly #name: string;
  readonly #take: (record: RecordBounds) => void;
  readonly #separator: number;
  readonly #comment: number;
  /** By byte: whether a plain cell ends before it. */
  readonly #endsCell: Uint8Array;
  /** A record that has not ended yet, and behind it place for the next piece. */
  #work = new Uint8Array(0);
  #rest = 0;
  #skip: number;
  #line = 1;
  #starts = new Int32Array(64);
  #ends = new Int32Array(64);
  #quotes = new Uint8Array(64);

  constructor(name: string, { separator, comment, skipLines = 0 }: Layout, take: (record: RecordBounds) => void) {
    this.#name = name;
    this.#take = take;
    this.#separator = separator.charCodeAt(0);
    this.#comment = comment?.charCodeAt(0) ?? -1;
    this.#skip = skipLines;
    const ending = [this.#separator, LINE_FEED, CARRIAGE_RETURN, ...(separator === " " ? [TAB] : [])];
    this.#endsCell = Uint8Array.from({ length: 256 }, (_, byte) => Number(ending.includes(byte)));
  }

  /** Takes the next piece; its bytes are not kept. */
  push(piece: Uint8Array): void {
    const bytes = this.#rest === 0 ? piece : this.#joined(piece);
    this.#keepRest(bytes.subarray(this.#records(bytes, false)));
    if (this.#rest >= LONGEST_LINE)
      this.#fail(`a line has at most ${LONGEST_LINE} bytes, got a longer one at line ${this.#line} (is a quote left open?)`);
  }

  /** Takes what is left as the last record. */
  finish(): void {
    const bytes = this.#work.subarray(0, this.#rest);
    this.#rest = 0;
    if (bytes.length > 0) this.#records(bytes, true);
  }

  /** What is left of the last piece, and the next one: in memory that is used again. */
  #joined(piece: Uint8Array): Uint8Array {
    this.#reserve(this.#rest + piece.length);
    this.#work.set(piece, this.#rest);
    return this.#work.subarray(0, this.#rest + piece.length);
  }

  #keepRest(rest: Uint8Array): void {
    this.#reserve(rest.length);
    this.#work.set(rest);
    this.#rest = rest.length;
  }

  #reserve(length: number): void {
    if (length <= this.#work.length) return;
    const more = new Uint8Array(2 * length);
    more.set(this.#work.subarray(0, this.#rest));
    this.#work = more;
  }

  /** Splits whole records, and returns where the first begins that has no end yet. */
  #records(bytes: Uint8Array, last: boolean): number {
    let at = 0;
    while (at < bytes.length) {
      const end = this.#skip > 0 || bytes[at] === this.#comment ? this.#lineEnd(bytes, at, last) : this.#record(bytes, at, last);
      if (end < 0) return at;
      at = end;
    }
    return at;
  }

  /** Passes over a line; where the next begins, or −1. */
  #lineEnd(bytes: Uint8Array, from: number, last: boolean): number {
    for (let i = from; i < bytes.length; i++) {
      if (bytes[i] !== LINE_FEED && bytes[i] !== CARRIAGE_RETURN) continue;
      const next = afterLineEnd(bytes, i, last);
      if (next < 0) return -1;
      this.#line++;
      if (this.#skip > 0) this.#skip--;
      return next;
    }
    return last ? bytes.length : -1;
  }

  /** Splits one record; where the next begins, or −1 if this one has no end. */
  #record(bytes: Uint8Array, from: number, last: boolean): number {
    const { length } = bytes;
    const endsCell = this.#endsCell;
    const blanks = this.#separator === BLANK;
    const padded = !blanks && this.#separator !== TAB;
    const line = this.#line;
    let [count, i, lines] = [0, from, 0];
    for (;;) {
      if (blanks) while (i < length && isBlank(bytes[i]!)) i++;
      let quotes = 0;
      let start = i;
      let end: number;
      const open = padded && bytes[i] === BLANK ? afterBlanks(bytes, i) : i;
      if (bytes[open] === QUOTE) {
        start = open + 1;
        quotes = 1;
        for (i = start; i < length; i++) {
          if (bytes[i] === LINE_FEED || (bytes[i] === CARRIAGE_RETURN && bytes[i + 1] !== LINE_FEED)) lines++;
          if (bytes[i] !== QUOTE) continue;
          if (i + 1 === length && !last) return -1;
          if (bytes[i + 1] !== QUOTE) break;
          quotes = 2;
          i++;
        }
        if (i >= length && !last) return -1;
        if (i >= length) this.#fail(`a quoted cell has an end, got a quote at line ${line} that is left open`);
        end = i++;
        while (i < length && bytes[i] !== this.#separator && isBlank(bytes[i]!)) i++;
        if (i < length && endsCell[bytes[i]!] === 0) {
          this.#fail(`a quoted cell ends at a separator or a line end, got one at line ${line + lines} that does not`);
        }
      } else {
        while (i < length && endsCell[bytes[i]!] === 0) i++;
        end = i;
      }
      if (i >= length && !last) return -1;
      const atEnd = i >= length || bytes[i] === LINE_FEED || bytes[i] === CARRIAGE_RETURN;
      // aligned columns may end in blanks
      if (!(blanks && atEnd && count > 0 && quotes === 0 && start === end)) this.#keep(count++, start, end, quotes);
      if (atEnd) break;
      i++;
    }
    const next = i >= length ? length : afterLineEnd(bytes, i, last);
    if (next < 0) return -1;
    this.#line += lines + 1;
    this.#take({ bytes, count, starts: this.#starts, ends: this.#ends, quotes: this.#quotes, line });
    return next;
  }

  #keep(cell: number, start: number, end: number, quotes: number): void {
    if (cell === this.#starts.length) {
      if (cell >= MOST_COLUMNS) this.#fail(`a line has at most ${MOST_COLUMNS} cells, got more at line ${this.#line} (is a quote left open?)`);
      [this.#starts, this.#ends, this.#quotes] = [doubled(this.#starts), doubled(this.#ends), doubled(this.#quotes)];
    }
    this.#starts[cell] = start;
    this.#ends[cell] = end;
    this.#quotes[cell] = quotes;
  }

  #fail(rule: string): never {
    throw new FormatError(`${this.#name}: ${rule}`);
  }
}

/** Whether a byte is a blank or a tab. */
export function isBlank(byte: number): boolean {
  return byte === BLANK || byte === TAB;
}

function afterBlanks(bytes: Uint8Array, from: number): number {
  let i = from;
  while (bytes[i] === BLANK) i++;
  return i;
}

/** Where the line after the line end at `i` begins; −1 if the piece ends amid it. */
function afterLineEnd(bytes: Uint8Array, i: number, last: boolean): number {
  if (bytes[i] === LINE_FEED) return i + 1;
  if (i + 1 === bytes.length && !last) return -1;
  return bytes[i + 1] === LINE_FEED ? i + 2 : i + 1;
}

function doubled<T extends Int32Array | Uint8Array>(array: T): T {
  const twice = new (array.constructor as new (length: number) => T)(2 * array.length);
  twice.set(array);
  return twice;
}
