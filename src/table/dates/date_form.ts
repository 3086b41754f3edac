/** Dates and times as people write them: found once per column, then read from bytes by the same form. */
import { dayOf, MONTHS } from "./dates.ts";

/** What a part of a date stands for; `first` and `second` are day and month in an order that the whole column decides. */
export type Field = "year" | "shortYear" | "month" | "day" | "first" | "second" | "name" | "hour" | "minute" | "second60" | "fraction" | "half";

/** A part that varies, or the characters between two. */
export type DatePart = VariedPart | { readonly text: string };

/** A part that varies: of fractions so many digits; month names, long or short, and halves of the day may be in small or capital letters. */
export interface VariedPart {
  readonly field: Field;
  readonly digits?: number;
  readonly long?: boolean;
  readonly letters?: "small" | "capital";
}

/** How a column writes its dates: plain JSON. */
export interface DateForm {
  readonly parts: readonly DatePart[];
  /** Whether days and months, and hours, are filled up with zeros to two digits. */
  readonly padded: boolean;
  readonly paddedHours: boolean;
}

/** Short and long. */
const MAY = "may";
const monthOf = (word: string): number => (word.length === 3 ? MONTHS.findIndex((name) => name.startsWith(word)) : MONTHS.indexOf(word)) + 1;

/** Two-digit years from here on are of the twentieth century. */
const PIVOT = 69;
const DAY_MS = 86_400_000;
const DAY_US = 1000 * DAY_MS;
/** Years of open dates are counted from here, so that microseconds beside them are whole numbers, to 2071 exact. */
const BASE = 1970;

const DATES: readonly [RegExp, readonly Field[]][] = [
  [/^(\d{4})([-/.])(\d{1,2})([-/.])(\d{1,2})/, ["year", "month", "day"]],
  [/^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{4})/, ["first", "second", "year"]],
  [/^(\d{1,2})([-/.])(\d{1,2})([-/.])(\d{2})(?!\d)/, ["first", "second", "shortYear"]],
  [/^(\d{1,2})([-/. ])([A-Za-z]{3,9})([-/. ]|, )(\d{4})/, ["day", "name", "year"]],
  [/^(\d{1,2})([-/. ])([A-Za-z]{3,9})([-/. ]|, )(\d{2})(?!\d)/, ["day", "name", "shortYear"]],
  [/^([A-Za-z]{3,9})( )(\d{1,2})(,? )(\d{4})/, ["name", "day", "year"]],
  [/^(\d{4})(-)(\d{2})(?![-\d])/, ["year", "month"]],
];
const TIME = /^([T ])(\d{1,2}):(\d{2})(?:(:)(\d{2})(?:([.,])(\d{1,6}))?)?( ?)([AaPp][Mm])?( ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?$/;

/** The form of a text that is a date, or undefined. */
export function dateFormOf(text: string): readonly DatePart[] | undefined {
  for (const [pattern, fields] of DATES) {
    const found = pattern.exec(text);
    if (!found || (found[2] !== found[4] && fields.length === 3 && !fields.includes("name"))) continue;
    const word = fields.includes("name") ? found[2 * fields.indexOf("name") + 1]! : "";
    if (word !== "" && monthOf(word.toLowerCase()) === 0) continue;
    const parts: DatePart[] = fields.flatMap((field, i): DatePart[] => {
      const part = field === "name" ? { field, ...(word.toLowerCase() !== MAY && { long: word.length > 3 }), ...lettersOf(word) } : { field };
      return i === 0 ? [part] : [{ text: found[2 * i]! }, part];
    });
    const rest = text.slice(found[0].length);
    if (rest === "") return parts;
    const time = timePartsOf(rest);
    if (time && fields.length === 3) return [...parts, ...time];
  }
  return undefined;
}

/** As in "Jan" where nothing is said. */
function lettersOf(word: string): Pick<VariedPart, "letters"> {
  return word === word.toLowerCase() ? { letters: "small" } : word === word.toUpperCase() ? { letters: "capital" } : {};
}

function timePartsOf(text: string): DatePart[] | undefined {
  const found = TIME.exec(text);
  if (!found) return undefined;
  const [, between, , , colon, , point, fraction, blank, half, zone] = found;
  const parts: DatePart[] = [{ text: between! }, { field: "hour" }, { text: ":" }, { field: "minute" }];
  if (colon) parts.push({ text: colon }, { field: "second60" });
  if (point) parts.push({ text: point }, { field: "fraction", digits: fraction!.length });
  if (half) parts.push(...(blank ? [{ text: blank }] : []), { field: "half", ...(half === half.toLowerCase() && { letters: "small" as const }) });
  else if (blank) return undefined;
  if (zone) parts.push({ text: zone });
  return parts;
}

/** What a cell says; `month` and `day` are first and second where the order is not known. */
interface Moment {
  year: number;
  month: number;
  day: number;
  /** Of the day, as a share of it. */
  time: number;
}

const ZERO = 0x30;

/** Reads the cells of a column by the form that the first of them has. */
export class DateReader {
  readonly parts: readonly DatePart[];
  /** Whether the order of day and month is for the column to decide. */
  readonly ambiguous: boolean;
  /** Whether some cell had one digit where others may have two: in days and months, and in hours. */
  #single = false;
  #singleHour = false;
  /** Whether months have their whole names, once one says so. */
  #long: boolean | undefined;
  readonly #moment: Moment = { year: 0, month: 0, day: 0, time: 0 };
  readonly #texts: readonly (Uint8Array | undefined)[];

  constructor(parts: readonly DatePart[]) {
    this.parts = parts;
    this.ambiguous = parts.some((part) => "field" in part && part.field === "first");
    this.#long = parts.find((part): part is VariedPart => "field" in part && part.field === "name")?.long;
    this.#texts = parts.map((part) => ("text" in part ? new TextEncoder().encode(part.text) : undefined));
  }

  /**
   * What the bytes say as one number, or NaN if they are not in the form, or of no day. With the order of day and month open it is (32·(32·(year −
   * 1970) + first) + second)·86,400,000,000 + microseconds, for `settle`, else days from 1970-01-01.
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    const moment = this.#moment;
    moment.month = moment.day = 1;
    moment.time = 0;
    let [i, hour, pm] = [start, 0, -1];
    let [single, singleHour, long] = [this.#single, this.#singleHour, this.#long];
    for (let p = 0; p < this.parts.length; p++) {
      const text = this.#texts[p];
      if (text) {
        for (let c = 0; c < text.length; c++, i++) if (i >= end || bytes[i] !== text[c]) return NaN;
        continue;
      }
      const { field, digits } = this.parts[p] as VariedPart;
      if (field === "half") {
        pm = [0x61, 0x70].indexOf(bytes[i]! | 0x20);
        if (pm < 0 || (bytes[i + 1]! | 0x20) !== 0x6d || i + 2 > end) return NaN;
        i += 2;
        continue;
      }
      if (field === "name") {
        let word = "";
        for (; i < end && (bytes[i]! | 0x20) >= 0x61 && (bytes[i]! | 0x20) <= 0x7a; i++) word += String.fromCharCode(bytes[i]! | 0x20);
        moment.month = monthOf(word);
        if (moment.month === 0) return NaN;
        if (word === MAY) continue;
        long ??= word.length > 3;
        if (word.length > 3 !== long) return NaN;
        continue;
      }
      const from = i;
      const most = field === "year" ? 4 : field === "fraction" ? digits! : 2;
      let value = 0;
      for (; i < end && i - from < most; i++) {
        const digit = bytes[i]! - ZERO;
        if (digit < 0 || digit > 9) break;
        value = 10 * value + digit;
      }
      const count = i - from;
      if (count === 0 || (count !== most && (most > 2 || field === "minute" || field === "second60" || field === "shortYear"))) return NaN;
      if (most === 2 && field !== "shortYear" && field !== "minute" && field !== "second60") {
        if (count === 1 && field === "hour") singleHour = true;
        else if (count === 1) single = true;
      }
      if (field === "year") moment.year = value;
      else if (field === "shortYear") moment.year = value + (value < PIVOT ? 2000 : 1900);
      else if (field === "month" || field === "first") moment.month = value;
      else if (field === "day" || field === "second") moment.day = value;
      else if (field === "hour") hour = value;
      else if (field === "minute") moment.time += 60_000 * check(value, 59);
      else if (field === "second60") moment.time += 1000 * check(value, 59);
      else moment.time += (1000 * value) / 10 ** digits!;
    }
    if (i !== end) return NaN;
    if (pm >= 0) hour = hour >= 1 && hour <= 12 ? (hour % 12) + 12 * pm : NaN;
    const value = this.#number(moment, moment.time + 3_600_000 * check(hour, 23));
    // what is no date says nothing of the form
    if (value === value) [this.#single, this.#singleHour, this.#long] = [single, singleHour, long];
    return value;
  }

  /** The form of all that was read, day and month in an order. */
  form(order: "dayFirst" | "monthFirst" = "dayFirst"): DateForm {
    const named = this.parts.map((part) => ("field" in part && part.field === "name" ? { ...part, long: this.#long === true } : part));
    return { parts: settledParts(named, order), padded: !this.#single, paddedHours: !this.#singleHour };
  }

  #number({ year, month, day }: Moment, time: number): number {
    if (!this.ambiguous) return dayOf(year, month, day) + time / DAY_MS;
    if (month < 1 || day < 1 || month > 31 || day > 31 || (month > 12 && day > 12)) return NaN;
    return (((year - BASE) * 32 + month) * 32 + day) * DAY_US + Math.round(1000 * time);
  }
}

function check(value: number, most: number): number {
  return value <= most ? value : NaN;
}

/** Day and month that `read` has left open; NaN for a day that does not exist. */
export function settle(packed: number, order: "dayFirst" | "monthFirst"): number {
  const date = Math.floor(packed / DAY_US);
  const [year, [first, second]] = [BASE + Math.floor(date / 1024), openNumbers(packed)];
  const day = order === "dayFirst" ? dayOf(year, second, first) : dayOf(year, first, second);
  return day + (packed - date * DAY_US) / DAY_US;
}

/** The first and the second of the two numbers that `read` has left open. */
export function openNumbers(packed: number): readonly [first: number, second: number] {
  const date = Math.floor(packed / DAY_US);
  const within = date - 1024 * Math.floor(date / 1024);
  return [Math.floor(within / 32), within % 32];
}

/** The parts with the order decided. */
function settledParts(parts: readonly DatePart[], order: "dayFirst" | "monthFirst"): DatePart[] {
  const [first, second]: [Field, Field] = order === "dayFirst" ? ["day", "month"] : ["month", "day"];
  return parts.map((part) =>
    !("field" in part) ? part : part.field === "first" ? { field: first } : part.field === "second" ? { field: second } : part,
  );
}
