/** Days of the civil calendar (Gregorian, also before 1582) as numbers: 1970-01-01 is day 0. */

export const MONTHS: readonly string[] = [
  ...["january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"],
];

/** The first day that is written, of the year 0, and the last, of the year 9999. */
export const FIRST_DAY = -719_528;
export const LAST_DAY = 2_932_896;

/** The day's number of a date that exists, else NaN. Counts from 1 March, so that the leap day ends a year (Richards 1998). */
export function dayOf(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return NaN;
  const y = month > 2 ? year : year - 1;
  const era = Math.floor(y / 400);
  const yearOfEra = y - 400 * era;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 146097 * era + 365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719468;
}

/** Year, month and day of a day's number. */
export function dateOf(dayNumber: number): { year: number; month: number; day: number } {
  const days = dayNumber + 719468;
  const era = Math.floor(days / 146097);
  const dayOfEra = days - 146097 * era;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + 400 * era + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

/** The year of a day's number, which may have a time in it. */
export function yearOf(days: number): number {
  return dateOf(Math.floor(days)).year;
}

/** The day in its year, from 1, with the time. */
export function dayInYear(days: number): number {
  return days - dayOf(yearOf(days), 1, 1) + 1;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
