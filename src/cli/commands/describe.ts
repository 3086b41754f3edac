/** `elbograd describe`: what would be learnt from a table. */
import { readTable } from "../../node/tables.ts";
import { describe as describeTable, type ColumnDescription, type TableDescription } from "../../table/describe.ts";
import { cut } from "../../text.ts";
import { type Command, UsageError } from "../command.ts";
import { define, NOT_RANDOM, shared, tell } from "../define.ts";
import { withProgress } from "../progress.ts";
import { READING_OPTIONS, readingOf } from "../rows/table_reading.ts";
import { alignedRows } from "../table.ts";

export const describe: Command = define({
  name: "describe",
  summary: "shows what would be learnt from a table: kinds of columns and why, missing cells, odd values",
  usage: "FILE [options]",
  options: { ...READING_OPTIONS, ...shared(NOT_RANDOM) },
  notes:
    "Reads CSV, TSV and text with other separators, also .gz, and standard input as -. What is found is said; --type, --header and the like say otherwise.",
  call: "const { schema, columns } = await readTable(path);",
  takesWords: true,
  async run(options, signal, _, words) {
    const [path, more] = words;
    if (path === undefined || more !== undefined)
      throw new UsageError(`describe: takes one file, got ${words.length === 0 ? "none" : words.map((word) => JSON.stringify(word)).join(" ")}`);
    const reading = readingOf("describe", options);
    const table = await withProgress("reading", signal, (work) => readTable(path, { ...reading, ...work }));
    const description = describeTable(table);
    tell(options.json, { file: path, ...description }, textOf(description));
  },
});

function textOf({ rows, columns, missing, duplicates, notes }: TableDescription): string {
  const header = ["column", "kind", "missing", "values", "why"];
  const lines = columns.map((column) => [cut(column.name, 40), column.kind, missingText(column.missing), cut(valuesOf(column), 60), column.reason]);
  const about = [
    `${rows} rows, ${columns.length} columns, ${missing} missing ${missing === 1 ? "cell" : "cells"}, ${duplicates} ${duplicates === 1 ? "row that comes" : "rows that come"} again`,
    "",
    ...alignedRows([header, ...lines], [true, true, false, true, true]),
  ];
  return [...about, ...(notes.length > 0 ? ["", ...notes.map((note) => `note: ${note}`)] : [])].join("\n");
}

function missingText(count: number): string {
  return count === 0 ? "–" : String(count);
}

function valuesOf({ range, levels, levelCount = 0, text }: ColumnDescription): string {
  if (range) return `${range[0]} to ${range[1]}`;
  if (levels) return `${levels.join(", ")}${levelCount > levels.length ? `, … (${levelCount})` : ""}`;
  return text ?? "";
}
