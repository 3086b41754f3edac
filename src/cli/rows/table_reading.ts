/** The options that say how a table of text is read. */
import { type DialectOptions, SEPARATOR } from "../../formats/dialect.ts";
import type { TableReadOptions } from "../../table/table_reader.ts";
import type { Kind } from "../../table/columns.ts";
import type { KindChoice } from "../../table/read_column.ts";
import { UsageError } from "../command.ts";
import { oneOf, optional, type TableOf, whole, words, type Option } from "../options.ts";

/** What is not left to be found in the file. */
export interface ReadingArguments {
  readonly separator: string | undefined;
  readonly header: "yes" | "no" | undefined;
  readonly decimal: "." | "," | undefined;
  readonly "skip-lines": number | undefined;
  readonly na: readonly string[] | undefined;
  readonly type: readonly string[] | undefined;
}

const KINDS: readonly Kind[] = ["number", "category", "date", "identifier"];
const ORDERS = ["dayFirst", "monthFirst"] as const;

const separator: Option<string> = {
  placeholder: "CHAR",
  help: "what stands between cells; comma, tab, semicolon, bar or blanks are found",
  rule: "one character, no digit, quote or line end",
  parse: (text) => (text === "tab" || text === "\\t" ? "\t" : SEPARATOR.test(text) ? text : undefined),
};

export const READING_OPTIONS: TableOf<ReadingArguments> = {
  separator: optional(separator),
  header: optional(oneOf(["yes", "no"], "whether the first line names the columns; decided by the lines below it")),
  decimal: optional(oneOf([".", ","], "the decimal sign of the file")),
  "skip-lines": optional(whole(0, "lines before the table", 0)),
  na: optional(words("TEXT,…", "cells that mean missing, beside empty ones, NA and the like")),
  type: optional(words("NAME=KIND,…", `the kinds of columns: ${KINDS.join(", ")}; of dates also date:dayFirst, date:monthFirst`)),
};

/** The options of a command as those of the reader. UsageError names what is wrong. */
export function readingOf(
  command: string,
  { separator: between, header, decimal, "skip-lines": skipLines, na, type }: ReadingArguments,
): TableReadOptions {
  const dialect: DialectOptions = {
    ...(between !== undefined && { separator: between }),
    ...(header !== undefined && { header: header === "yes" }),
    ...(decimal !== undefined && { decimal }),
    ...(skipLines !== undefined && { skipLines }),
  };
  return { ...dialect, ...(na && { na }), ...(type && { types: new Map(type.map((pair) => choiceOf(command, pair))) }) };
}

function choiceOf(command: string, pair: string): [string, KindChoice] {
  const [, name = "", word, order] = /^(.*)=([a-zA-Z]+)(?::([a-zA-Z]+))?$/.exec(pair) ?? [];
  const kind = KINDS.find((known) => known === word);
  const first = ORDERS.find((known) => known === order);
  if (name === "" || !kind || (order !== undefined && (kind !== "date" || !first))) {
    throw new UsageError(`${command}: --type is NAME=KIND with a kind of ${KINDS.join(", ")}, got ${JSON.stringify(pair)}`);
  }
  return [name, { kind, ...(first && { order: first }) }];
}
