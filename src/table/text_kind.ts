/** Columns of words: categories, constants, and texts that only tell rows apart. */
import { CELL } from "./cell_store.ts";
import type { TypedColumn } from "./columns.ts";
import { baseOf, type ReadColumn } from "./read_column.ts";
import { formOf } from "./number_kind.ts";
import { writeNumber } from "./number_form.ts";

/** More levels are folded into `other`. */
export const MOST_LEVELS = 2000;
export const OTHER = "other";

export function textColumn(column: ReadColumn): TypedColumn {
  const { builder, choice, values, note } = column;
  const form = formOf(builder);
  const codes = new Map<string, number>();
  const counts: number[] = [];
  // what a code, or a number, is as a level
  const ofText: number[] = [];
  const ofNumber = new Map<number, number>();
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
    if (sign === CELL.number) {
      let level = ofNumber.get(value);
      if (level === undefined) ofNumber.set(value, (level = levelOf(writeNumber(value, form))));
      values[row] = level;
    } else if (value < 0) {
      strange++;
      values[row] = -1;
    } else values[row] = ofText[value] ??= levelOf(builder.texts.text(value));
    if (values[row]! >= 0) counts[values[row]!]!++;
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
        ...baseOf(column, `${share} of its texts occur once (--type ${JSON.stringify(`${builder.name}=category`)} learns it)`),
        kind: "identifier",
      };
    }
  }
  if (levels.length + Number(strange > 0) > MOST_LEVELS) {
    note(`column ${JSON.stringify(builder.name)}: the ${MOST_LEVELS} commonest of its levels are kept, the others are ${JSON.stringify(OTHER)}`);
    return folded(column, levels, counts, forced);
  }
  const reason = forced ? "as asked" : builder.coded > 0 ? `${levels.length} codes with leading zeros` : `${levels.length} values of text`;
  return { ...baseOf(column, reason), missing, kind: "category", levels, counts, numeric: false, values };
}

/** The commonest levels, the others as one. */
function folded(column: ReadColumn, levels: readonly string[], counts: readonly number[], forced: boolean): TypedColumn {
  const { values } = column;
  const order = counts.map((_, level) => level).sort((a, b) => counts[b]! - counts[a]! || a - b);
  const kept = order.slice(0, MOST_LEVELS - 1).sort((a, b) => a - b);
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
