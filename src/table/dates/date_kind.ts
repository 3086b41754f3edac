/** Columns of dates: in words of the calendar, or as one number. */
import { FormatError } from "../../formats/format_error.ts";
import { quoted } from "../../text.ts";
import { CELL, keepOnly } from "../cell_store.ts";
import type { EpochForm, TypedColumn } from "../columns.ts";
import { openNumbers, settle } from "./date_form.ts";
import { dayOf } from "./dates.ts";
import { baseOf, type ReadColumn } from "../read_column.ts";

const SECONDS = 86_400;
/** Names of columns that hold moments: other numbers of ten digits are more often telephones. */
const MOMENT = /(?:^|[^a-z])(?:time|timestamp|ts|date|epoch|created|updated|at|when|unix)(?:$|[^a-z])|(?:time|stamp|date)$/i;
/** 1980 and 2100 in seconds. */
const [EARLIEST, LATEST] = [315_532_800, 4_102_444_800];

export function dateColumn(column: ReadColumn): TypedColumn {
  const { builder, values, choice } = column;
  const { dates } = builder;
  if (!dates) {
    const form = epochFormOf("date", values, true);
    if (form) return epochColumn(column, form);
    throw new FormatError(
      `column ${quoted(builder.name, 60)} is asked to hold dates, got numbers that are no seconds, milliseconds or days (20240131)`,
    );
  }
  keepOnly(CELL.date, column);
  const order = dates.ambiguous ? orderOf(column) : undefined;
  let none = -1;
  for (let row = 0; order && row < values.length; row++) {
    const open = values[row]!;
    values[row] = settle(open, order.order);
    if (none < 0 && open === open && Number.isNaN(values[row])) none = row;
  }
  if (none >= 0) {
    throw new FormatError(`column ${quoted(builder.name, 60)} holds dates, got one in row ${none + 1} that does not exist (${order!.reason})`);
  }
  const reason = choice.kind === "date" ? "as asked" : `dates${order ? `, ${order.reason}` : ""}`;
  const form = dates.form(order?.order);
  return { ...baseOf(column, reason), kind: "date", form, range: rangeOf(values), values };
}

/** Whether days stand first: where one of the two numbers is greater than 12 it is a day. */
function orderOf({ builder, values, choice, note }: ReadColumn): { order: "dayFirst" | "monthFirst"; reason: string } {
  let [first, second] = [0, 0];
  for (const value of values) {
    if (value !== value) continue;
    const [a, b] = openNumbers(value);
    if (a > first) first = a;
    if (b > second) second = b;
  }
  const { order } = choice;
  if (order) return { order, reason: order === "dayFirst" ? "days first, as asked" : "months first, as asked" };
  if (first > 12 && second > 12) {
    throw new FormatError(`column ${quoted(builder.name, 60)} holds dates, got some with the day first and some with the month first`);
  }
  if (first > 12) return { order: "dayFirst", reason: `days first: one is ${first}` };
  if (second > 12) return { order: "monthFirst", reason: `months first: a day is ${second}` };
  const slash = builder.dates!.parts.some((part) => "text" in part && part.text === "/");
  const guess = slash ? "monthFirst" : "dayFirst";
  note(
    `column ${quoted(builder.name, 60)}: no date says whether day or month is first; the ${slash ? "month" : "day"} is taken to be (--type ${quoted(`${builder.name}=date:${slash ? "dayFirst" : "monthFirst"}`)} says otherwise)`,
  );
  return { order: guess, reason: slash ? "months first, by guess" : "days first, by guess" };
}

function rangeOf(values: Float64Array): readonly [number, number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return [least, greatest];
}

/** How numbers are moments or days, or undefined if they are not all. */
export function epochFormOf(name: string, values: Float64Array, whole: boolean): EpochForm | undefined {
  if (!whole) return undefined;
  const every = (fits: (value: number) => boolean): boolean => values.every((value) => value !== value || fits(value));
  if (every((value) => value >= 19_000_101 && value <= 21_001_231 && !Number.isNaN(dayOfNumber(value))) && values.length > 2)
    return { unit: "yyyymmdd" };
  if (!MOMENT.test(name)) return undefined;
  if (every((value) => value >= EARLIEST && value < LATEST)) return { unit: "seconds" };
  return every((value) => value >= 1000 * EARLIEST && value < 1000 * LATEST) ? { unit: "milliseconds" } : undefined;
}

/** Numbers as days from 1970. */
export function epochColumn(column: ReadColumn, form: EpochForm): TypedColumn {
  const { values, choice } = column;
  for (let row = 0; row < values.length; row++) values[row] = epochDays(values[row]!, form);
  const reason =
    choice.kind === "date" ? "as asked" : form.unit === "yyyymmdd" ? "dates as numbers, yyyymmdd" : `${form.unit} from 1970, by its name`;
  return { ...baseOf(column, reason), kind: "date", form, range: rangeOf(values), values };
}

function epochDays(value: number, { unit }: EpochForm): number {
  return unit === "yyyymmdd" ? dayOfNumber(value) : value / (unit === "seconds" ? SECONDS : 1000 * SECONDS);
}

function dayOfNumber(value: number): number {
  return dayOf(Math.floor(value / 10_000), Math.floor(value / 100) % 100, value % 100);
}
