/** The kind of each column, from what its cells are, each with its reason. */
import { FormatError } from "../formats/format_error.ts";
import { quoted } from "../text.ts";
import { CELL } from "./cell_store.ts";
import type { CellExample, ColumnBuilder } from "./column_builder.ts";
import type { TypedColumn } from "./columns.ts";
import { dateColumn } from "./dates/date_kind.ts";
import { numberColumn } from "./number_kind.ts";
import { baseOf, type ReadColumn } from "./read_column.ts";
import { textColumn } from "./text_kind.ts";

/** A column with its kind. FormatError where its cells are of several, or are not what `choice` says. */
export function columnOf(column: ReadColumn): TypedColumn {
  const { builder, choice } = column;
  const { counts } = builder;
  const [numbers, dates, texts] = [counts[CELL.number]!, counts[CELL.date]!, counts[CELL.text]!];
  const { kind } = choice;
  if (numbers + dates + texts === 0) {
    return { ...baseOf(column, "all cells are missing"), kind: "empty" };
  }
  if (kind === "identifier" || kind === "empty") return { ...baseOf(column, "as asked"), kind };
  if (kind === "date" && dates === 0 && texts === 0) return dateColumn(column);
  if ((kind === "number" && numbers < numbers + dates + texts) || (kind === "date" && (texts > 0 || numbers > 0))) {
    throw mixed(builder, kind === "number" ? "number" : "date");
  }
  const codes = builder.coded > 0 && builder.coded === texts && builder.marks.mostDecimals === 0;
  if (kind === "category" || texts >= numbers + dates || codes) return textColumn(column);
  if (texts > 0 || (numbers > 0 && dates > 0)) throw mixed(builder, numbers >= dates ? "number" : "date");
  return dates > 0 ? dateColumn(column) : numberColumn(column);
}

/** Names the cells that are not of a kind. */
function mixed({ name, examples, counts }: ColumnBuilder, kind: "number" | "date"): FormatError {
  const others = ([CELL.number, CELL.date, CELL.text] as const).filter((sign) => sign !== CELL[kind]);
  const count = others.reduce((sum, sign) => sum + counts[sign]!, 0);
  const first = others
    .flatMap((sign) => examples[sign]!)
    .sort((a, b) => a.line - b.line)
    .slice(0, 3);
  const rest = count > first.length ? `, … (${count} in all)` : "";
  return new FormatError(
    `column ${quoted(name, 60)} holds ${kind}s, got ${first.map(cellText).join(", ")}${rest} (--na ${quoted(first[0]?.text ?? "", 40)} if that means missing, or --type ${quoted(`${name}=category`)})`,
  );
}

function cellText({ line, text }: CellExample): string {
  return `${quoted(text, 40)} at line ${line}`;
}
