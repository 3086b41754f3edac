/** One column of a table while its file is read: each cell becomes one number and a sign of what it is. */
import { decodedText, isBlank } from "../formats/delimited.ts";
import { CELL, type CellSign, CellStore, type StoredCells } from "./cell_store.ts";
import { DateReader, dateFormOf } from "./dates/date_form.ts";
import { missingIn } from "./missing.ts";
import { PlainNumbers, readNumber, type WrittenNumber } from "./number_form.ts";
import { TextCodes } from "./text_codes.ts";

/** How the numbers of a column are written. */
export interface NumberMarks {
  leastDecimals: number;
  mostDecimals: number;
  /** The most decimals of a cell that end in 0. */
  zeroDecimals: number;
  /** Whether some have an exponent. */
  exponents: boolean;
  group?: string;
  prefix?: string;
  suffix?: string;
}

/** Rows at the beginning of which each cell's text is kept: numbers and dates that turn out to stand among words are words too. */
const EARLY = 1024;

/** The first cells of a sort, for messages. */
export interface CellExample {
  readonly line: number;
  readonly text: string;
}
const EXAMPLES = 3;

/** How the cells of all columns of a file are read. */
export interface CellReading {
  readonly decimal: "." | ",";
  /** What means missing, beside the common texts. */
  readonly na: ReadonlySet<string>;
  /** How many rows there will be, by those so far. */
  readonly expected: (rows: number) => number;
}

/** What is known of a text once: texts come again. */
interface Known {
  readonly sign: CellSign;
  readonly value: number;
  readonly number?: WrittenNumber;
  readonly coded?: true;
}

const [NINE, QUOTE] = [0x39, 0x22];

export class ColumnBuilder {
  readonly name: string;
  readonly texts: TextCodes = new TextCodes();
  readonly counts: number[] = [0, 0, 0, 0, 0];
  readonly examples: CellExample[][] = [[], [], [], [], []];
  readonly marks: NumberMarks = { leastDecimals: 99, mostDecimals: 0, zeroDecimals: 0, exponents: false };
  /** Cells with nothing in them. */
  empties = 0;
  dates: DateReader | undefined;
  readonly decimal: "." | ",";
  /** Numbers with leading zeros, which are names of something: kept as texts. */
  coded = 0;
  /** The first row of a text: from there on each cell that is not missing has the code of its text for a number, be it a date or what else. */
  wordsFrom: number = Infinity;
  /** The codes of the first rows before that. */
  readonly early: number[] = [];
  /** Whether every cell is a word, whatever it looks like. */
  readonly #exact: boolean;
  readonly #plain: PlainNumbers;
  readonly #na: ReadonlySet<string>;
  readonly #cells: CellStore;
  readonly #known: Known[] = [];

  constructor(name: string, { decimal, na, expected, exact = false }: CellReading & { readonly exact?: boolean }) {
    this.name = name;
    this.decimal = decimal;
    this.#plain = new PlainNumbers(decimal);
    this.#na = na;
    this.#cells = new CellStore(expected);
    this.#exact = exact;
    if (exact) this.wordsFrom = 0;
  }

  get rows(): number {
    return this.#cells.length;
  }

  /** The next cell; `quotes` is 0, 1 for one in quotes, 2 for one with doubled quotes inside. */
  add(bytes: Uint8Array, from: number, to: number, quotes: number, line: number): void {
    let [start, end] = [from, to];
    if (quotes === 0) {
      while (start < end && isBlank(bytes[start]!)) start++;
      while (end > start && isBlank(bytes[end - 1]!)) end--;
    }
    if (start === end) {
      this.empties++;
      return this.#keep(CELL.missing, NaN);
    }
    if (this.wordsFrom === Infinity) {
      const { rows } = this;
      if (rows < EARLY && quotes < 2) this.early[rows] = this.texts.codeOf(bytes, start, end);
      const first = bytes[start]!;
      // "+", ",", "-", "." and digits: what else a number may begin with is rare
      if (first <= NINE && first >= 0x2b && this.#na.size === 0) {
        const value = this.#plain.read(bytes, start, end);
        if (value === value && !this.#plain.padded) return this.#number(value, bytes, start, end, line);
        const day = this.dates?.read(bytes, start, end);
        if (day !== undefined && day === day) return this.#date(day, bytes, start, end, line);
      }
    }
    if (quotes === 2) return this.#text(undoubled(bytes, start, end), line);
    this.#slow(bytes, start, end, line);
  }

  /** All numbers and signs; afterwards the builder is empty. */
  take(): StoredCells {
    return this.#cells.take();
  }

  #keep(sign: CellSign, value: number): void {
    this.#cells.add(sign, value);
    this.counts[sign]!++;
  }

  #date(day: number, bytes: Uint8Array, start: number, end: number, line: number): void {
    this.#example(CELL.date, bytes, start, end, line);
    this.#keep(CELL.date, day);
  }

  #number(value: number, bytes: Uint8Array, start: number, end: number, line: number): void {
    const { decimals, endsInZero } = this.#plain;
    const { marks } = this;
    this.#example(CELL.number, bytes, start, end, line);
    if (decimals < marks.leastDecimals) marks.leastDecimals = decimals;
    if (decimals > marks.mostDecimals) marks.mostDecimals = decimals;
    if (endsInZero && decimals > marks.zeroDecimals) marks.zeroDecimals = decimals;
    this.#keep(CELL.number, value);
  }

  #slow(bytes: Uint8Array, start: number, end: number, line: number): void {
    const code = this.texts.codeOf(bytes, start, end);
    let known = code < 0 ? undefined : this.#known[code];
    if (!known) {
      known = this.#learn(decodedText(bytes.subarray(start, end)), bytes, start, end, code);
      if (code >= 0) this.#known[code] = known;
      this.#example(known.sign, bytes, start, end, line);
    }
    if (known.number) this.#mark(known.number);
    if (known.coded) this.coded++;
    if (known.sign === CELL.text) this.wordsFrom = Math.min(this.wordsFrom, this.rows);
    const isWord = this.wordsFrom < Infinity && known.sign !== CELL.missing;
    this.#keep(known.sign, isWord ? code : known.value);
  }

  #text(bytes: Uint8Array, line: number): void {
    this.#slow(bytes, 0, bytes.length, line);
  }

  #learn(text: string, bytes: Uint8Array, start: number, end: number, code: number): Known {
    if (this.#na.has(text)) return { sign: CELL.missing, value: NaN };
    const missing = missingIn(text);
    if (missing) return missing === "always" ? { sign: CELL.missing, value: NaN } : { sign: CELL.dash, value: code };
    if (this.#exact) return { sign: CELL.text, value: code };
    if (/^0\d+$/.test(text)) return { sign: CELL.text, value: code, coded: true };
    const number = readNumber(text, this.decimal);
    if (number) return { sign: CELL.number, value: number.value, number };
    if (!this.dates) {
      const parts = dateFormOf(text);
      if (parts) this.dates = new DateReader(parts);
    }
    const day = this.dates?.read(bytes, start, end) ?? NaN;
    return day === day ? { sign: CELL.date, value: day } : { sign: CELL.text, value: code };
  }

  #mark({ decimals, exponent, group, prefix, suffix }: WrittenNumber): void {
    const { marks } = this;
    if (exponent) marks.exponents = true;
    marks.leastDecimals = Math.min(marks.leastDecimals, decimals);
    marks.mostDecimals = Math.max(marks.mostDecimals, decimals);
    if (group !== undefined) marks.group = group;
    if (prefix !== undefined) marks.prefix = prefix;
    if (suffix !== undefined) marks.suffix = suffix;
  }

  #example(sign: CellSign, bytes: Uint8Array, start: number, end: number, line: number): void {
    const examples = this.examples[sign]!;
    if (examples.length < EXAMPLES) examples.push({ line, text: decodedText(bytes.subarray(start, end)) });
  }
}

/** The bytes with each two quotes as one. */
function undoubled(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const single = new Uint8Array(end - start);
  let length = 0;
  for (let i = start; i < end; i++) {
    single[length++] = bytes[i]!;
    if (bytes[i] === QUOTE) i++;
  }
  return single.subarray(0, length);
}
