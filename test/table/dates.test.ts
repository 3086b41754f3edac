import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DateReader, dateFormOf, settle } from "../../src/table/dates/date_form.ts";
import { dateOf, dayOf } from "../../src/table/dates/dates.ts";
import { writeDate } from "../../src/table/dates/write_date.ts";

const DAY_MS = 86_400_000;
const encoder = new TextEncoder();

/** Reads a text by its own form. */
function read(text: string): number {
  const parts = dateFormOf(text);
  if (!parts) return NaN;
  const bytes = encoder.encode(text);
  return new DateReader(parts).read(bytes, 0, bytes.length);
}

describe("days", () => {
  it("are numbered as JavaScript's dates are", () => {
    const property = fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
      const date = new Date(day * DAY_MS);
      const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
      expect(dateOf(day)).toEqual(expected);
      expect(dayOf(expected.year, expected.month, expected.day)).toBe(day);
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it("that do not exist are none", () => {
    expect([dayOf(2023, 2, 29), dayOf(2024, 2, 29), dayOf(1900, 2, 29), dayOf(2024, 4, 31), dayOf(2024, 13, 1), dayOf(2024, 0, 1)]).toEqual([
      NaN,
      19782,
      NaN,
      NaN,
      NaN,
      NaN,
    ]);
  });
});

describe("dates as text", () => {
  it.each([
    "2024-01-31",
    "2024/01/31",
    "2024.1.31",
    "2024-01",
    "31 Jan 2024",
    "31-Jan-24",
    "31-JAN-24",
    "3 may 2024",
    "May 3, 2024",
    "January 31, 2024",
    "2024-01-31T23:59:58",
    "2024-01-31 23:59:58.250",
    "2024-01-31 23:59:58.123456",
    "2024-01-31T23:59:58Z",
    "2024-01-31 23:59:58+02:00",
    "2024-01-31 9:05",
    "2024-01-31 09:05 PM",
    "2024-01-31 12:00 am",
  ])("%s is written back as it came", (text) => {
    const reader = new DateReader(dateFormOf(text)!);
    const bytes = encoder.encode(text);
    const days = reader.read(bytes, 0, bytes.length);
    const written = writeDate(days, reader.form());
    expect(written).toBe(text);
  });

  it("have a value in days from 1970", () => {
    expect(read("1970-01-02 06:00")).toBe(1.25);
    expect(read("1970-01-02 12:00 AM")).toBe(1);
    expect(read("1970-01-02 12:00 PM")).toBe(1.5);
    expect(read("31-Dec-69")).toBe(-1);
  });

  it.each([
    "2024-02-30",
    "2024-13-01",
    "2024-01-01 25:00",
    "2024-01-01 10:60",
    "2024-01-01 13:00 PM",
    "2024-01/01",
    "32 Jan 2024",
    "31 Foo 2024",
    "1.2.3.4",
    "2024-1-",
    "10:30",
    "may",
  ])("%s is none", (text) => {
    expect(read(text)).toBeNaN();
  });

  it("leave the order of day and month open until the column decides", () => {
    const reader = new DateReader(dateFormOf("03/04/2024")!);
    const packed = read("03/04/2024");
    expect(settle(packed, "dayFirst")).toBe(dayOf(2024, 4, 3));
    expect(settle(packed, "monthFirst")).toBe(dayOf(2024, 3, 4));
    expect(writeDate(settle(packed, "dayFirst"), reader.form("dayFirst"))).toBe("03/04/2024");
    expect(settle(read("31/02/2024"), "dayFirst")).toBeNaN();
  });
});
