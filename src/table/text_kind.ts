/** Columns of words: categories, constants, and texts that only tell rows apart. */
import { quoted } from "../text.ts";
import { CELL } from "./cell_store.ts";
import type { ColumnBuilder } from "./column_builder.ts";
import type { TypedColumn } from "./columns.ts";
import { settle } from "./dates/date_form.ts";
import { baseOf, type ReadColumn } from "./read_column.ts";
import { formOf } from "./number_kind.ts";
import { writeNumber } from "./number_form.ts";
import { writeDate } from "./dates/write_date.ts";

/** More levels than these, the commonest, are folded into `other`. */
export const MOST_LEVELS = 2000;
export const OTHER = "other";

export function textColumn(column: ReadColumn): TypedColumn {
  const { builder, choice, values, note } = column;
  const codes = new Map<string, number>();
  const counts: number[] = [];
  // what a code is as a level
  const ofText: number[] = [];
  const asText = writerOf(builder);
  const levelOf = (text: string): number => {
    let level = codes.get(text);
    if (level === undefined) codes.set(text, (level = counts.push(0) - 1));
    return level;
  };
  let strange = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (value !== value) continue;
    const sign = column.signs ? column.signs[row]! : column.sign;
    const isCode = row >= builder.wordsFrom || sign === CELL.dash;
    const code = isCode ? value : (builder.early[row] ?? -1);
    if (isCode && code < 0) {
      strange++;
      values[row] = -1;
      continue;
    }
    const level = code < 0 ? levelOf(asText(value, sign === CELL.date)) : (ofText[code] ??= levelOf(builder.texts.text(code)));
    values[row] = level;
    counts[level]!++;
  }
  const present = counts.reduce((sum, count) => sum + count, strange);
  // among words a dash is one
  const missing = values.length - present;
  const forced = choice.kind === "category";
  const levels = [...codes.keys()];
  if (!forced) {
    if (levels.length === 1 && present === values.length) return { ...baseOf(column, "one value"), kind: "constant", text: levels[0]! };
    const distinct = levels.length + strange;
    if (distinct > 0.5 * present && distinct > 2 && present > 4) {
      const share = strange > 0 ? "more than half" : `${Math.round((100 * distinct) / present)} %`;
      return {
        ...baseOf(column, `${share} of its texts occur once (--type ${quoted(`${builder.name}=category`)} learns it)`),
        kind: "identifier",
      };
    }
  }
  if (levels.length > MOST_LEVELS || strange > 0) {
    note(`column ${quoted(builder.name, 60)}: the ${MOST_LEVELS} commonest of its levels are kept, the others are ${quoted(OTHER)}`);
    return folded(column, levels, counts, forced);
  }
  const reason = forced ? "as asked" : builder.coded > 0 ? `${levels.length} codes with leading zeros` : `${levels.length} values of text`;
  return { ...baseOf(column, reason), missing, kind: "category", levels, counts, numeric: false, values };
}

/** Numbers and dates as text in the form of the column, where they stand long before the first word and their own texts were not kept. */
function writerOf(builder: ColumnBuilder): (value: number, isDate: boolean) => string {
  const { dates } = builder;
  const form = formOf(builder);
  return (value, isDate) => {
    if (!isDate || !dates) return writeNumber(value, form);
    if (!dates.ambiguous) return writeDate(value, dates.form());
    // which of the two numbers is the day makes no difference to the text
    const order = Number.isNaN(settle(value, "dayFirst")) ? "monthFirst" : "dayFirst";
    return writeDate(settle(value, order), dates.form(order));
  };
}

/** The commonest levels, the others as one. */
function folded(column: ReadColumn, levels: readonly string[], counts: readonly number[], forced: boolean): TypedColumn {
  const { values } = column;
  const order = [...levels.keys()].filter((level) => levels[level] !== OTHER).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const kept = order.slice(0, MOST_LEVELS).sort((a, b) => a - b);
  const place = new Int32Array(levels.length).fill(kept.length);
  kept.forEach((level, i) => (place[level] = i));
  const newCounts = new Array<number>(kept.length + 1).fill(0);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (value !== value) continue;
    values[row] = value < 0 ? kept.length : place[value]!;
    newCounts[values[row]!]!++;
  }
  const reason = `${forced ? "as asked, " : ""}the ${kept.length} commonest of ${levels.length} values of text, and others`;
  return {
    ...baseOf(column, reason),
    kind: "category",
    levels: [...kept.map((level) => levels[level]!), OTHER],
    counts: newCounts,
    numeric: false,
    values,
  };
}
