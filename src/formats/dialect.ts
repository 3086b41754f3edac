/** What a text file of cells leaves unsaid, found in its first lines: separator, preamble, decimal sign, and whether the first line names the columns. */
import { type Checks, FLAG, oneOf, WHOLE } from "../check.ts";
import type { Layout } from "./delimited.ts";

/** All that settles how a file is read. */
export interface Dialect extends Layout {
  readonly skipLines: number;
  readonly decimal: "." | ",";
  /** Whether the first line of the table names its columns. */
  readonly header: boolean;
  /** What was decided and why, for people. */
  readonly notes: readonly string[];
}

/** What is not left to be found. */
export interface DialectOptions {
  readonly separator?: string;
  readonly comment?: string;
  readonly skipLines?: number;
  readonly decimal?: "." | ",";
  readonly header?: boolean;
}

/** What may stand between cells: one character, no digit, quote or line end. */
export const SEPARATOR: RegExp = /^[^"\r\n\d]$/;

/** The rules of these options. */
export const DIALECT: Checks<keyof DialectOptions> = {
  separator: ["is one character, no digit, quote or line end", (value) => typeof value === "string", (text: string) => SEPARATOR.test(text)],
  comment: ["is one character", (value) => typeof value === "string", (text: string) => text.length === 1],
  skipLines: WHOLE,
  decimal: oneOf([".", ","]),
  header: FLAG,
};

/** In this order where several would do; a blank stands for runs of blanks. */
const SEPARATORS = ["\t", ";", "|", ",", " "] as const;

/** Lines that are looked at. */
const LOOKED_AT = 200;
/** More lines before a table are no preamble. */
const LONGEST_PREAMBLE = 50;
/** Of the lines after a preamble, how many have the table's number of cells. */
const SHARE = 0.9;

/** Finds the dialect of a file from its beginning: as many whole lines as are at hand. */
export function findDialect(beginning: string, options: DialectOptions = {}): Dialect {
  const text = beginning.replace(/^\ufeff/, "");
  const all = text.split(/\r\n|\n|\r/).slice(0, LOOKED_AT);
  if (all.at(-1) === "") all.pop();
  const comment = options.comment ?? commentOf(all);
  const isComment = (line: string): boolean => comment !== undefined && line.startsWith(comment);
  const lines = all.slice(options.skipLines ?? 0).filter((line) => !isComment(line));
  const separator = options.separator ?? separatorOf(lines);
  const preamble = options.skipLines ?? preambleOf(all, lines, separator, isComment);
  const table = all.slice(preamble).filter((line) => !isComment(line) && line.trim() !== "");
  const rows = table.map((line) => lineCells(line, separator));
  const decimal = options.decimal ?? decimalOf(rows.slice(1).flat(), separator);
  const found = headerOf(rows, decimal);
  const header = options.header ?? found.header;
  const notes: string[] = [];
  if (preamble > 0 && options.skipLines === undefined) {
    notes.push(
      `the table begins at line ${preamble + 1}, after ${preamble === 1 ? "a line" : `${preamble} lines`} of something else (--skip-lines 0 takes all)`,
    );
  }
  if (options.header === undefined && rows.length > 0) {
    notes.push(`the first line ${header ? "names the columns" : "is a row"}: ${found.reason} (--header ${header ? "no" : "yes"} says otherwise)`);
  }
  if (decimal === "," && options.decimal === undefined) notes.push("a comma is the decimal sign (--decimal . says otherwise)");
  return { separator, ...(comment !== undefined && { comment }), skipLines: preamble, decimal, header, notes };
}

/** # if lines begin with it, and not most of them. */
function commentOf(lines: readonly string[]): string | undefined {
  const marked = lines.filter((line) => line.startsWith("#")).length;
  return marked > 0 && marked < lines.length ? "#" : undefined;
}

/** The first separator that cuts nearly all lines into as many cells, at least two; else a comma. */
function separatorOf(lines: readonly string[]): string {
  const score = (separator: string): number => {
    const counts = lines.filter((line) => line.trim() !== "").map((line) => lineCells(line, separator).length);
    const [most, share] = commonest(counts);
    return most > 1 && share >= SHARE - 0.2 ? share : 0;
  };
  const scores = SEPARATORS.map(score);
  const best = Math.max(...scores);
  // a sign that words are made of, such as a blank or a comma, must be clearly better than those that only separate
  return best === 0 ? "," : SEPARATORS[scores.findIndex((value) => value >= best - 0.05)]!;
}

/** Lines before the first from which on nearly all have the table's number of cells, which those before have not. */
function preambleOf(all: readonly string[], lines: readonly string[], separator: string, isComment: (line: string) => boolean): number {
  const [columns] = commonest(lines.filter((line) => line.trim() !== "").map((line) => lineCells(line, separator).length));
  if (columns < 2) return 0;
  for (let first = 0; first < Math.min(all.length - 1, LONGEST_PREAMBLE); first++) {
    if (isComment(all[first]!) || lineCells(all[first]!, separator).length !== columns) continue;
    const rest = all.slice(first).filter((line) => !isComment(line) && line.trim() !== "");
    const [, share] = commonest(rest.map((line) => lineCells(line, separator).length));
    // one ragged line at the top is a mistake more often than a preamble, unless it holds a single cell
    const others = all.slice(0, first).filter((line) => !isComment(line) && line.trim() !== "");
    return share >= SHARE && others.some((line) => lineCells(line, separator).length <= 1) ? first : 0;
  }
  return 0;
}

/** The commonest number and its share. */
function commonest(numbers: readonly number[]): [number, number] {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  const [number, count] = [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0] ?? [0, 0];
  return [number, count / Math.max(numbers.length, 1)];
}

/** The cells of one line, without quotes; a quoted cell that goes on in the next line ends with this one. */
function lineCells(line: string, separator: string): string[] {
  if (separator === " ")
    return line
      .trim()
      .split(/[ \t]+/)
      .map(unquoted);
  if (!line.includes('"')) return line.split(separator).map((cell) => cell.trim());
  const cells: string[] = [];
  let [cell, quoted] = ["", false];
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) {
      cells.push(unquoted(cell));
      cell = "";
    } else cell += character;
  }
  return [...cells, unquoted(cell)];
}

function unquoted(cell: string): string {
  const text = cell.trim();
  return text.startsWith('"') ? text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined).replaceAll('""', '"') : text;
}

/** Cells that only one decimal sign explains decide; 1,234 alone is a thousand unless ; separates, as it does where commas are decimal signs. */
function decimalOf(cells: readonly string[], separator: string): "." | "," {
  let [points, commas, open] = [0, 0, 0];
  for (const cell of cells) {
    const text = cell.replace(/^[-+\u2212]?\s*[\p{Sc}]?\s*|\s*[%\p{Sc}]?$/gu, "");
    if (/^\d*\.\d+(?:[eE][-+]?\d+)?$/.test(text) && !/^\d{1,3}\.\d{3}$/.test(text)) points++;
    else if (/^\d{1,3}(?:,\d{3})+\.\d+$/.test(text) || /^\d{1,3}(?:,\d{3}){2,}$/.test(text)) points++;
    else if (/^\d{1,3}(?:\.\d{3})+,\d+$/.test(text) || /^\d{1,3}(?:\.\d{3}){2,}$/.test(text)) commas++;
    else if (/^\d{1,3},\d{3}$/.test(text)) open++;
    else if (/^\d*,\d+(?:[eE][-+]?\d+)?$/.test(text)) commas++;
  }
  if (points > 0 || commas > 0) return commas > points ? "," : ".";
  return open > 0 && separator === ";" ? "," : ".";
}

/** Compares the first line with those below. */
function headerOf(rows: readonly (readonly string[])[], decimal: "." | ","): { header: boolean; reason: string } {
  const [first, ...below] = rows;
  if (!first) return { header: false, reason: "there is none" };
  const isNumber = (cell: string): boolean =>
    cell !== "" && Number.isFinite(Number((decimal === "," ? cell.replace(",", ".") : cell).replace(/[%\s$€£]/g, "") || "x"));
  const isText = (cell: string): boolean => /\p{L}/u.test(cell) && !isNumber(cell) && !/^(?:nan|na|null|none|inf(?:inity)?|-inf)$/i.test(cell);
  const column = (c: number): string[] => below.map((row) => row[c] ?? "").filter((cell) => cell !== "");
  if (below.length === 0)
    return first.some(isText) ? { header: true, reason: "it has words, and is alone" } : { header: false, reason: "it is alone, and numbers" };
  for (let c = 0; c < first.length; c++) {
    if (!isText(first[c]!)) continue;
    const cells = column(c);
    if (cells.length > 0 && cells.filter((cell) => isNumber(cell) || /^\d/.test(cell)).length > 0.5 * cells.length && !/^\d/.test(first[c]!)) {
      return { header: true, reason: `"${first[c]!.slice(0, 40)}" stands above numbers` };
    }
  }
  const numbers = first.filter((cell) => cell !== "").map(Number);
  const steps = (values: readonly number[]): boolean =>
    values.length > 1 && values.every((value, i) => Number.isInteger(value) && (i === 0 || value === values[i - 1]! + 1));
  if (first.slice(1).every((cell) => cell !== "") && steps(numbers) && !below.every((row) => steps(row.filter((cell) => cell !== "").map(Number)))) {
    return { header: true, reason: `it counts from ${numbers[0]} to ${numbers.at(-1)}, and the lines below do not` };
  }
  if (first.some(isNumber)) return { header: false, reason: "it has numbers, as the lines below" };
  const distinct = new Set(first.map((cell) => cell.toLowerCase())).size === first.length;
  const repeated = first.some((cell, c) => cell !== "" && column(c).includes(cell));
  if (first.every((cell) => cell === "" || isText(cell)) && distinct && !repeated)
    return { header: true, reason: "its words do not come again below" };
  return { header: false, reason: repeated ? "what it says comes again below" : "it is like the lines below" };
}
