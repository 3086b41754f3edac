/** Columns of numbers: measurements, few whole numbers, sequences, days in disguise. */
import { quoted } from "../text.ts";
import { CELL, keepOnly } from "./cell_store.ts";
import type { ColumnBuilder } from "./column_builder.ts";
import type { CategoryColumn, TypedColumn } from "./columns.ts";
import { epochFormOf, epochColumn } from "./dates/date_kind.ts";
import { baseOf, type ReadColumn } from "./read_column.ts";
import { type NumberForm, writeNumber } from "./number_form.ts";
import { sortedSample } from "./sorted_sample.ts";

/** Whole numbers of more different values are measurements. */
const FEW = 10;
/** Different values are counted as far as this. */
const COUNTED = 4096;
/** With more decimals, values are of no grid. */
const MOST_DECIMALS = 9;
/** Times the spread of the middle half beyond which a value is far. */
const FAR = 1000;
const [FIRST_YEAR, LAST_YEAR] = [1500, 2200];
const NAMED_ID = /(?:^|[^A-Za-z])(?:[iI][dD]|UUID|uuid|[kK]ey|index|Index)$|[a-z]I[dD]$/;

/** What numbers are used for no measurement, often. */
const SENTINELS = [-9999, -999, -99, -9, 999, 9999, 99999, 999999, -1];

export function numberColumn(column: ReadColumn): TypedColumn {
  const { builder, choice, values } = column;
  const { marks } = builder;
  keepOnly(CELL.number, column);
  const found = factsOf(values);
  const form = formOf(builder);
  const { counts, least, greatest, whole } = found;
  const forced = choice.kind === "number";
  if (!forced) {
    if (counts?.size === 1 && !counts.has(NaN) && found.present === values.length) {
      const [value] = counts.keys();
      return { ...baseOf(column, "one value"), kind: "constant", text: writeNumber(value!, form) };
    }
    const epoch = epochFormOf(builder.name, values, whole);
    if (epoch) return epochColumn(column, epoch);
    const identifier = identifierReason(builder.name, found, values.length);
    if (identifier) return { ...baseOf(column, identifier), kind: "identifier" };
    const category = counts && categoryReason(counts, found.present, whole);
    if (category) return numericCategory(column, counts, form, category);
  }
  const decimals = marks.mostDecimals;
  const step = marks.exponents || decimals > MOST_DECIMALS ? 0 : Number(`1e-${decimals}`);
  const reason = forced
    ? "as asked"
    : whole
      ? `whole numbers, ${counts ? counts.size : `more than ${COUNTED}`} values`
      : `numbers with ${decimals} decimal${decimals === 1 ? "" : "s"}`;
  const commonest = commonestOf(values, counts, found.present);
  pointOut(column, found);
  return { ...baseOf(column, reason), kind: "number", form, step, range: [least, greatest], commonest, values };
}

/** Years in sequence are a time that rows are of; other whole numbers in sequence, or each once in a column of that name, count the rows. */
function identifierReason(name: string, { sequence, whole, counts, present, least, greatest }: Facts, rows: number): string | undefined {
  const years = whole && least >= FIRST_YEAR && greatest <= LAST_YEAR;
  if (sequence > 0 && rows > 2 && !years) return `counts up by ${sequence}`;
  return whole && present > 2 && counts?.size === present && NAMED_ID.test(name) ? "each value once, by its name" : undefined;
}

interface Facts {
  readonly present: number;
  readonly least: number;
  readonly greatest: number;
  readonly whole: boolean;
  /** Rows of each value, unless there are more than COUNTED. */
  readonly counts: ReadonlyMap<number, number> | undefined;
  /** What each value is more than the last, if that is always the same, and whole. */
  readonly sequence: number;
}

function factsOf(values: Float64Array): Facts {
  let [present, least, greatest, whole] = [0, Infinity, -Infinity, true];
  let counts: Map<number, number> | undefined = new Map<number, number>();
  // those that are common in long columns, without a look into the map
  const small = new Uint32Array(COUNTED);
  let sequence = values.length > 1 ? values[1]! - values[0]! : 0;
  if (!(sequence > 0) || !Number.isInteger(sequence)) sequence = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (sequence !== 0 && row > 0 && value - values[row - 1]! !== sequence) sequence = 0;
    if (value !== value) continue;
    present++;
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    if (whole && !Number.isInteger(value)) whole = false;
    if (!counts || (value >= 0 && value < COUNTED && Number.isInteger(value) && small[value]!++ > 0)) continue;
    counts.set(value, (counts.get(value) ?? 0) + 1);
    if (counts.size > COUNTED) counts = undefined;
  }
  small.forEach((count, value) => void (count > 0 && counts?.set(value, count)));
  return { present, least, greatest, whole, counts, sequence: whole ? sequence : 0 };
}

/** How the column writes its numbers. */
export function formOf({ marks, decimal }: ColumnBuilder): NumberForm {
  const { leastDecimals, group, prefix, suffix } = marks;
  return {
    decimals: leastDecimals === 99 ? 0 : leastDecimals,
    ...(decimal === "," && { decimal }),
    ...(group !== undefined && { group }),
    ...(prefix !== undefined && { prefix }),
    ...(suffix !== undefined && { suffix }),
  };
}

/** Why numbers are names of something, or undefined. */
function categoryReason({ size }: ReadonlyMap<number, number>, present: number, whole: boolean): string | undefined {
  if (size <= 2 && present >= 5) return `${size} values`;
  return whole && size <= FEW && present >= 5 * size ? `${size} whole values` : undefined;
}

function numericCategory(column: ReadColumn, counts: ReadonlyMap<number, number>, form: NumberForm, reason: string): CategoryColumn {
  const { values } = column;
  const levels = [...counts.keys()].sort((a, b) => a - b);
  const places = new Map(levels.map((level, i) => [level, i]));
  for (let row = 0; row < values.length; row++) values[row] = places.get(values[row]!) ?? NaN;
  return {
    ...baseOf(column, reason),
    kind: "category",
    levels: levels.map((level) => writeNumber(level, form)),
    counts: levels.map((level) => counts.get(level)!),
    numeric: true,
    values,
  };
}

/** Of more values than are counted, none is common. */
function commonestOf(values: Float64Array, counts: ReadonlyMap<number, number> | undefined, present: number): { value: number; share: number } {
  let [value, most] = [values.find((each) => each === each)!, 1];
  for (const [each, count] of counts ?? []) if (count > most) [value, most] = [each, count];
  return { value, share: most / present };
}

/** Says what looks like no measurement: numbers used for missing cells, and values far from all others. */
function pointOut({ builder, values, note }: ReadColumn, { counts, least, greatest }: Facts): void {
  const name = quoted(builder.name, 60);
  const sentinel = SENTINELS.find((value) => (value === least || value === greatest) && isApart(value, counts));
  if (sentinel !== undefined) {
    return note(`column ${name}: ${counts!.get(sentinel)} cells are ${sentinel}, far from all others; if that means missing: --na ${sentinel}`);
  }
  const [low, high] = quartersOf(values);
  const far = Math.max(low - least, greatest - high) > FAR * (high - low) && high > low;
  if (!far) return;
  const odd = low - least > greatest - high ? least : greatest;
  note(
    `column ${name}: ${odd} in row ${values.indexOf(odd) + 1} is far from all others (half of them are from ${low} to ${high}); if that is a mistake: --na ${odd}`,
  );
}

/** Whether a value occurs more than once, farther from the others than they are from each other. */
function isApart(value: number, counts: ReadonlyMap<number, number> | undefined): boolean {
  if (!counts || (counts.get(value) ?? 0) < 2 || counts.size < 3) return false;
  const others = [...counts.keys()].filter((other) => other !== value);
  const [low, high] = [Math.min(...others), Math.max(...others)];
  return Math.min(Math.abs(value - low), Math.abs(value - high)) > high - low;
}

/** The values that a quarter of a column is below, and above; of a long column every so manieth is sorted. */
function quartersOf(values: Float64Array): [low: number, high: number] {
  const sorted = sortedSample(values);
  return [sorted[Math.floor(sorted.length / 4)] ?? 0, sorted[Math.floor((3 * sorted.length) / 4)] ?? 0];
}
