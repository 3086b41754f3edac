/** Dates and times back in the form of their column. */
import type { DateForm, DatePart, Field, VariedPart } from "./date_form.ts";
import { dateOf, MONTHS } from "./dates.ts";

/** Days from 1970-01-01 in the form of a column; rounded to its smallest part. */
export function writeDate(days: number, { parts, padded, paddedHours }: DateForm): string {
  const units = unitsOf(parts);
  const before = Math.floor(days);
  // the share of the day alone has the digits for microseconds
  const share = Math.round((days - before) * units);
  const dayNumber = share === units ? before + 1 : before;
  const { year, month, day } = dateOf(dayNumber);
  const seconds = ((share % units) * 86_400) / units;
  const whole = Math.floor(seconds + 1e-7);
  const hour = Math.floor(whole / 3600);
  const twelve = parts.some((part) => "field" in part && part.field === "half");
  const two = (value: number, filled = padded): string => String(value).padStart(filled ? 2 : 1, "0");
  const write: Record<Field, (part: VariedPart) => string> = {
    year: () => String(year).padStart(4, "0"),
    shortYear: () => String(year % 100).padStart(2, "0"),
    month: () => two(month),
    day: () => two(day),
    first: () => two(day),
    second: () => two(month),
    name: (part) => inLetters(nameOf(month, part.long === true), part),
    hour: () => two(twelve ? ((hour + 11) % 12) + 1 : hour, paddedHours),
    minute: () => String(Math.floor(whole / 60) % 60).padStart(2, "0"),
    second60: () => String(whole % 60).padStart(2, "0"),
    fraction: ({ digits = 3 }) => String(Math.round((seconds - whole) * 10 ** digits)).padStart(digits, "0"),
    half: (part) => inLetters(hour < 12 ? "AM" : "PM", part),
  };
  return parts.map((part) => ("text" in part ? part.text : write[part.field](part))).join("");
}

function nameOf(month: number, long: boolean): string {
  const name = MONTHS[month - 1]!;
  return `${name[0]!.toUpperCase()}${long ? name.slice(1) : name.slice(1, 3)}`;
}

function inLetters(word: string, { letters }: VariedPart): string {
  return letters === "small" ? word.toLowerCase() : letters === "capital" ? word.toUpperCase() : word;
}

/** How many of the smallest parts of a form a day has. */
function unitsOf(parts: readonly DatePart[]): number {
  const find = (field: Field): DatePart | undefined => parts.find((part) => "field" in part && part.field === field);
  const fraction = find("fraction");
  if (fraction && "digits" in fraction) return 86_400 * 10 ** (fraction.digits ?? 0);
  return find("second60") ? 86_400 : find("minute") ? 1440 : 1;
}
