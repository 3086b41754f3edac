/** Numeric tables as text (RFC 4180): the cells of each record in, numbers out, and back. Splitting text into cells is done elsewhere. */
import { quoted } from "../text.ts";
import { FormatError } from "./format_error.ts";

export interface Table {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns], row-major. */
  readonly values: Float64Array;
  /** What the first line calls the columns. */
  readonly names?: readonly string[];
  /** The cells of the column of labels, as text. */
  readonly labels?: readonly string[];
}

/** A column by its name in the first line, or by its number from 1; a text of digits that is no name is a number too. */
export type ColumnChoice = string | number;

export interface TableOptions {
  /** Whether the first line names the columns; "auto" (default): it does if any of its cells is text. */
  readonly header?: boolean | "auto";
  /** Columns that are left out; they may hold text. */
  readonly drop?: readonly ColumnChoice[];
  /** A column that is left out of the numbers and returned as `labels`. */
  readonly labels?: ColumnChoice;
}

/** Cells that stand for a missing or non-finite number, so that a first line with one of them is not taken for names. */
const NO_NUMBER = /^\s*(?:[+-]?(?:nan|inf|infinity)|na|null|none)?\s*$/i;

/** The decimal number in a cell, else NaN. `Number` alone would read blanks as 0, and 0x10 as 16. */
export function numberOf(cell: string): number {
  if (/[^\d\s.eE+-]/.test(cell)) return NaN;
  const value = Number(cell);
  return value === 0 && !cell.includes("0") ? NaN : value;
}

const isText = (cell: string): boolean => Number.isNaN(numberOf(cell)) && !NO_NUMBER.test(cell);

/** The separators that are found without being told. */
export const SEPARATORS = "\t;,";

/** What stands between the cells: a tab if the text has one outside quotes, else a semicolon, else a comma. */
export function separatorOf(text: string): string {
  const [line] = text.replace(/"[^"]*"/g, "").split(/[\r\n]/, 1);
  return [...SEPARATORS].find((separator) => line!.includes(separator)) ?? ",";
}

/** What the first record settles. */
interface FirstRecord {
  readonly line: number;
  readonly length: number;
  /** Its cells, if they are names. */
  readonly names: readonly string[] | undefined;
  /** The columns that are kept, from 0, and the one of labels or −1. */
  readonly kept: readonly number[];
  readonly label: number;
}

/** Collects a table record by record. FormatError, with line and column, for what is no number and for ragged rows. */
export class TableBuilder {
  readonly #name: string;
  readonly #options: TableOptions;
  #values: Float64Array;
  #used = 0;
  #rows = 0;
  #first: FirstRecord | undefined;
  readonly #labels: string[] = [];
  readonly #distinct = new Map<string, string>();
  #blankLine: number | undefined;

  /** `bytes` is the length of the text: each number takes at least a digit and a separator of it, so memory is set aside once. */
  constructor(name: string, bytes: number, options: TableOptions = {}) {
    this.#name = name;
    this.#options = options;
    this.#values = new Float64Array(Math.ceil((bytes + 1) / 2));
  }

  /** The next record, which starts at `line`, counted from 1. Blank lines may stand at the end only. */
  add(cells: readonly string[], line: number): void {
    if (cells.length === 1 && cells[0]!.trim() === "") {
      this.#blankLine ??= line;
      return;
    }
    if (this.#blankLine !== undefined) this.#fail("blank lines stand at the end only", `one at line ${this.#blankLine}`);
    if (this.#first === undefined) {
      this.#first = this.#begin(cells, line);
      if (this.#first.names !== undefined) return;
    }
    const { length, kept, label } = this.#first;
    if (cells.length !== length) {
      this.#fail(`rows are equally long, line ${this.#first.line} has ${length} values and line ${line} has ${cells.length}`);
    }
    for (const column of kept) this.#values[this.#used++] = this.#number(cells[column]!, line, column);
    if (label >= 0) this.#labels.push(this.#shared(cells[label]!.trim()));
    this.#rows++;
  }

  finish(): Table {
    if (this.#first === undefined || this.#rows === 0) {
      this.#fail("a table has at least one row of numbers", this.#first === undefined ? "no lines" : "only a line of names");
    }
    const { names, kept, label } = this.#first;
    // Half full or more is kept as it is: copying would need the memory twice.
    const values = this.#used * 2 < this.#values.length ? this.#values.slice(0, this.#used) : this.#values.subarray(0, this.#used);
    return {
      rows: this.#rows,
      columns: kept.length,
      values,
      ...(names && { names: kept.map((column) => names[column]!) }),
      ...(label >= 0 && { labels: this.#labels }),
    };
  }

  #begin(cells: readonly string[], line: number): FirstRecord {
    const { header = "auto", drop = [], labels } = this.#options;
    const left = [...drop, ...(labels === undefined ? [] : [labels])];
    const byNumber = new Set(left.map((choice) => (numberIn(choice) ?? 0) - 1));
    const byName = left.some((choice) => numberIn(choice) === undefined);
    const named = header === "auto" ? byName || cells.some((cell, column) => !byNumber.has(column) && isText(cell)) : header;
    const names = named ? cells.map((cell) => cell.trim()) : undefined;
    const { kept, label } = chooseColumns(this.#name, cells.length, this.#options, names);
    return { line, length: cells.length, names, kept, label };
  }

  #number(cell: string, line: number, column: number): number {
    const value = numberOf(cell);
    if (Number.isFinite(value)) return value;
    const name = this.#first?.names?.[column];
    const place = `line ${line}, column ${column + 1}${name === undefined ? "" : ` (${quoted(name)})`}`;
    const advice = /^\s*[+-]?\d*,\d+\s*$/.test(cell) ? " (write the decimal comma as a point)" : "";
    return this.#fail("values are finite numbers", `${quoted(cell)} at ${place}${advice}`);
  }

  /** One string for all equal labels. */
  #shared(label: string): string {
    const known = this.#distinct.get(label);
    if (known === undefined) this.#distinct.set(label, label);
    return known ?? label;
  }

  #fail(rule: string, got?: string): never {
    throw new FormatError(`${this.#name}: ${rule}${got === undefined ? "" : `, got ${got}`}`);
  }
}

/** The number that a choice is, where it is one. */
function numberIn(choice: ColumnChoice): number | undefined {
  return typeof choice === "number" || /^\d+$/.test(choice) ? Number(choice) : undefined;
}

/** The columns that `drop` and `labels` leave, from 0, and the one of labels or −1. RangeError for a column that is not there. */
export function chooseColumns(
  file: string,
  columns: number,
  { drop = [], labels }: Pick<TableOptions, "drop" | "labels">,
  names?: readonly string[],
): { kept: number[]; label: number } {
  const find = (choice: ColumnChoice): number => {
    const named = typeof choice === "string" ? (names ?? []).indexOf(choice) : -1;
    const column = named >= 0 ? named : (numberIn(choice) ?? 0) - 1;
    if (Number.isInteger(column) && column >= 0 && column < columns) return column;
    const there = names ? ` named ${quoted(names.join(", "), 200)}` : ", which have no names";
    throw new RangeError(
      `${file}: column ${typeof choice === "string" ? quoted(choice) : choice} is one of its ${columns} columns${there}, got none such (they count from 1)`,
    );
  };
  const label = labels === undefined ? -1 : find(labels);
  const left = new Set([...drop.map(find), label]);
  const kept = Array.from({ length: columns }, (_, column) => column).filter((column) => !left.has(column));
  if (kept.length === 0) throw new RangeError(`${file}: at least one column is kept, got all ${columns} left out (drop fewer)`);
  return { kept, label };
}

/** What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * The text of a table, in parts of about `part` characters: names if there are any, then a line per row. Text is quoted where it must be; `safe` puts a '
 * before text that a spreadsheet would run, never before numbers.
 */
export function* csvText(
  values: ArrayLike<number>,
  columns: number,
  { names, separator = ",", part = 1 << 16, safe = false }: { names?: readonly string[]; separator?: string; part?: number; safe?: boolean } = {},
): Generator<string> {
  const write = values instanceof Float32Array ? shortest : String;
  let text = names ? `${names.map((name) => cellText(name, separator, safe)).join(separator)}\n` : "";
  for (let start = 0; start < values.length; start += columns) {
    const cells = Array.from({ length: columns }, (_, column) => write(values[start + column]!));
    text += `${cells.join(separator)}\n`;
    if (text.length < part) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** The text of a cell, in quotes where it must be; `safe` puts a ' before what a spreadsheet would run. */
export function cellText(text: string, separator: string, safe: boolean = false): string {
  const written = safe && FORMULA.test(text) ? `'${text}` : text;
  const quote = /["\r\n]|^[\s#]|\s$/.test(written) || written.includes(separator) || (written === "" && separator === " ");
  return quote ? `"${written.replaceAll('"', '""')}"` : written;
}

/** An f32 with the fewest digits that give it back: 0.1 and not 0.10000000149011612. Nine always do. */
function shortest(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}
