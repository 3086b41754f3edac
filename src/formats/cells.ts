/** Text to rows of cells, and back. */
import { ARRAY, bytesOf, checkOptions, type Checks, checkValue, FLAG, TEXT } from "../check.ts";
import { cellText } from "./csv.ts";
import { RecordSplitter, recordTexts, withoutMark } from "./delimited.ts";
import { DIALECT, type DialectOptions, findDialect } from "./dialect.ts";
import { Problems } from "./problems.ts";
import { inUtf8 } from "./utf16.ts";

/** How a text is read, and what errors call it. */
export interface CellsOptions extends DialectOptions {
  /** Default "text". */
  readonly name?: string;
}

/** The cells of a text, all of them as text. */
export interface TextTable {
  /** What the first line calls the columns, where it does. */
  readonly names?: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly separator: string;
  /** What was decided and why, for people. */
  readonly notes: readonly string[];
}

const OPTIONS: Checks<keyof CellsOptions> = { ...DIALECT, name: TEXT };

/** The cells of delimited text (RFC 4180 and its relatives), or of its bytes (UTF-8, or UTF-16 with its mark). FormatError where rows are not equally long, ten of them at most. */
export function cellsOf(given: string | Uint8Array | ArrayBuffer, options: CellsOptions = {}): TextTable {
  checkOptions("cellsOf", options, OPTIONS);
  const { name = "text", ...asked } = options;
  const bytes = withoutMark(typeof given === "string" ? new TextEncoder().encode(given) : inUtf8(bytesOf("cellsOf", given), name));
  const { header, notes, ...layout } = findDialect(new TextDecoder().decode(bytes), asked);
  const rows: string[][] = [];
  const problems = new Problems(name);
  const splitter = new RecordSplitter(name, layout, (record) => {
    const cells = recordTexts(record);
    if (cells.length === 1 && cells[0] === "" && rows[0]?.length !== 1) return;
    if (cells.length !== (rows[0] ?? cells).length) problems.say(`rows have ${rows[0]!.length} cells, got ${cells.length} at line ${record.line}`);
    else rows.push(cells);
  });
  splitter.push(bytes);
  splitter.finish();
  problems.throw();
  const names = header ? rows.shift() : undefined;
  return { ...(names && { names }), rows, separator: layout.separator, notes };
}

/** How cells are written. */
export interface TextOptions {
  /** Default a comma. */
  readonly separator?: string;
  /** A ' before text that a spreadsheet would run as a formula; default false. */
  readonly safe?: boolean;
}

/** Rows of cells as delimited text, in quotes where they must be; `cellsOf` backwards. */
export function textOf(rows: readonly (readonly string[])[], options: TextOptions = {}): string {
  checkValue("textOf", "rows", rows, ARRAY);
  checkOptions("textOf", options, { separator: DIALECT.separator, safe: FLAG });
  const { separator = ",", safe = false } = options;
  return rows
    .map((row, i) => {
      checkValue("textOf", `row ${i}`, row, TEXTS);
      return `${row.map((cell) => cellText(cell, separator, safe)).join(separator)}\n`;
    })
    .join("");
}

const TEXTS: Checks<"row">["row"] = ["is an array of texts", (value) => Array.isArray(value) && value.every((cell) => typeof cell === "string")];
