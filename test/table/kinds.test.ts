import { describe, expect, it } from "vitest";
import { readText, kinds, roundTrip } from "../support/text_tables.ts";

/** A table of one column beside a measurement, so that no line is blank. */
function column(cells: readonly unknown[], options: Parameters<typeof readText>[1] = {}): ReturnType<typeof readText> {
  return readText(`c,x\n${cells.map((cell, i) => `${String(cell)},${(i * 7919) % 1000}.5`).join("\n")}\n`, options);
}

const cycle = (values: readonly unknown[], rows = 60): unknown[] => Array.from({ length: rows }, (_, i) => values[i % values.length]);
const first = (table: ReturnType<typeof readText>): Record<string, unknown> => ({ ...table.columns[0] });

describe("a column is", () => {
  it.each([
    ["of measurements", Array.from({ length: 60 }, (_, i) => (i * 37) % 101), { kind: "number", reason: "whole numbers, 60 values" }],
    [
      "of measurements with decimals",
      Array.from({ length: 60 }, (_, i) => `${i % 7}.5`),
      { kind: "number", reason: "numbers with 1 decimal", step: 0.1 },
    ],
    ["a category: two numbers", cycle([0, 1]), { kind: "category", reason: "2 values", levels: ["0", "1"], numeric: true }],
    ["a category: few whole numbers, in their order", cycle([3, 1, 2]), { kind: "category", levels: ["1", "2", "3"] }],
    [
      "a category: words, in the order they come",
      cycle(["red", "blue", "green"]),
      { kind: "category", reason: "3 values of text", levels: ["red", "blue", "green"] },
    ],
    ["a category: truth", cycle(["true", "false"]), { kind: "category" }],
    ["a category: codes with leading zeros", cycle(["07612", "10115", "01067"]), { kind: "category", levels: ["07612", "10115", "01067"] }],
    ["constant", cycle(["5.0"]), { kind: "constant", text: "5.0" }],
    ["constant: a word", cycle(["x"]), { kind: "constant", text: "x" }],
    ["an identifier: numbers in sequence", Array.from({ length: 60 }, (_, i) => 1000 + i), { kind: "identifier", reason: "counts up by 1" }],
    ["of measurements: years in sequence", Array.from({ length: 60 }, (_, i) => 1950 + i), { kind: "number" }],
    ["an identifier: texts that occur once", Array.from({ length: 60 }, (_, i) => `u${i}`), { kind: "identifier" }],
    ["empty", cycle(["", "NA"]), { kind: "empty", missing: 60 }],
    ["of dates", Array.from({ length: 28 }, (_, i) => `2024-01-${String(i + 1).padStart(2, "0")}`), { kind: "date", reason: "dates" }],
    ["of dates: numbers that are days", Array.from({ length: 28 }, (_, i) => 20240101 + ((i * 11) % 28)), { kind: "date" }],
  ] as const)("%s", (_, cells, expected) => {
    expect(first(column(cells))).toMatchObject(expected);
  });

  it("an identifier where its name says so and no number comes again", () => {
    const cells = Array.from({ length: 30 }, (_, i) => `${(i * 7) % 31},${(i * 7) % 31}.5`).join("\n");
    expect(kinds(readText(`user_id,x\n${cells}\n`))["user_id"]).toBe("identifier");
    expect(kinds(readText(`age,x\n${cells}\n`))["age"]).toBe("number");
  });

  it("of dates where its name says so and numbers are seconds", () => {
    const cells = Array.from({ length: 30 }, (_, i) => `${1_700_000_000 + i * 86_400},${i * 3}.5`).join("\n");
    expect(kinds(readText(`created_at,x\n${cells}\n`))["created_at"]).toBe("date");
    expect(kinds(readText(`phone,x\n${cells}\n`))["phone"]).toBe("identifier");
  });

  it("of numbers though dots, dashes and NA stand for missing ones", () => {
    const { kind, missing, missingText } = first(column(["1.5", ".", "2.25", "NA", "-", "", "3.125", "N/A", "4.5"]));
    expect({ kind, missing, missingText }).toEqual({ kind: "number", missing: 5, missingText: "" });
  });

  it("of words though one of them is a dash", () => {
    expect(first(column(cycle(["-", "up", "down"])))).toMatchObject({ kind: "category", missing: 0, levels: ["-", "up", "down"] });
  });

  it("what is asked for", () => {
    const zip = cycle([10115, 20095, 80331, 1067, 50667, 60311, 70173, 4109, 28195, 30159, 90402]);
    expect(first(column(zip)).kind).toBe("number");
    expect(first(column(zip, { types: new Map([["c", { kind: "category" }]]) }))).toMatchObject({ kind: "category", reason: "as asked" });
    expect(first(column(cycle([0, 1]), { types: new Map([["c", { kind: "number" }]]) }))).toMatchObject({ kind: "number", reason: "as asked" });
  });
});

describe("words keep their text", () => {
  const levels = (cells: readonly string[], options?: Parameters<typeof column>[1]): unknown => first(column(cells, options))["levels"];
  const asked = { types: new Map([["c", { kind: "category" as const }]]) };

  it("though some of them are dates or numbers, as they are written", () => {
    const dates = ["2024-1-05", "3 May 2024", "03/04/2024", "31-JAN-24"];
    const cells = [...dates, "1.50", "+2", "1e3", "$1,000", "1.5", "soon", "later", "never", "2024-01-05", "07", "\u22125"];
    const repeated = cycle(cells.map((cell) => (cell.includes(",") ? `"${cell}"` : cell)).concat(new Array(20).fill("soon")), 400) as string[];
    expect(levels(repeated)).toEqual(cells);
    expect(levels(repeated.toReversed())).toEqual(expect.arrayContaining(cells));
  });

  it("where a date column is asked for as a category, or one of numbers", () => {
    const cells = ["03/04/2024", "3/04/2024", "13/04/2024", "03/04/2024"];
    expect(levels(cells, asked)).toEqual(cells.slice(0, 3));
    expect(levels(["5 MAY 2024", "5 may 2024", "5 May 2024"], asked)).toEqual(["5 MAY 2024", "5 may 2024", "5 May 2024"]);
    expect(levels(["1.0", "1", "01", "+1", "1.0"], asked)).toEqual(["1.0", "1", "01", "+1"]);
  });

  it("in the form of the column where they stand far before the first word", () => {
    const dates = Array.from({ length: 2000 }, (_, i) => `0${1 + (i % 3)}/${20 + (i % 5)}/2024`);
    const numbers = Array.from({ length: 2000 }, (_, i) => `${i % 7}.50`);
    const words = new Array<string>(3000).fill("soon");
    expect(levels([...dates, ...words])).toEqual([...new Set(dates), "soon"]);
    expect(levels([...numbers, ...words])).toEqual([...new Set(numbers), "soon"]);
  });

  it("with a byte order mark inside the table, which is data there", () => {
    const { names, rows } = roundTrip(readText("\ufeff\ufeffa,b\n\ufeffx,1.5\ny\ufeff,2.5\n\ufeffx,3.5\nx,3.5\n", { header: true }));
    expect(names).toEqual(["\ufeffa", "b"]);
    expect(rows.map(([cell]) => cell)).toEqual(["\ufeffx", "y\ufeff", "\ufeffx", "x"]);
  });
});

describe("dates with names of months", () => {
  it.each([
    ["short", ["May 3, 2024", "Jun 4, 2024", "Sep 30, 2024"]],
    ["whole", ["May 3, 2024", "June 4, 2024", "September 30, 2024"]],
    ["whole, though all seen are short", ["May 3, 2024", "May 4, 2024"]],
    ["in capital letters", ["03-MAY-24", "04-JUN-24", "30-SEP-24"]],
    ["in small letters", ["3 may 2024", "4 june 2024", "30 september 2024"]],
  ])("are %s, and written as they came", (_, cells) => {
    const table = column(cells.map((cell) => `"${cell}"`));
    expect(first(table)["kind"]).toBe("date");
    expect(roundTrip(table).rows.map(([cell]) => cell)).toEqual(cells);
  });

  it("are refused where some are short and some whole", () => {
    expect(() => column(["3 May 2024", "4 Jun 2024", "5 June 2024", "6 Jul 2024"])).toThrow('column "c" holds dates, got "5 June 2024" at line 4');
  });
});

describe("dates with open order", () => {
  it("are decided by a day beyond 12", () => {
    expect(first(column(["03/04/2024", "13/04/2024", "05/06/2024"]))).toMatchObject({ kind: "date", reason: "dates, days first: one is 13" });
    expect(first(column(["03/04/2024", "04/13/2024", "05/06/2024"]))).toMatchObject({ kind: "date", reason: "dates, months first: a day is 13" });
  });

  it("are guessed aloud, or as asked", () => {
    const cells = ["03/04/2024", "05/06/2024", "07/08/2024"];
    expect(column(cells).notes.at(-1)).toMatch(/no date says whether day or month is first/);
    expect(first(column(cells, { types: new Map([["c", { order: "dayFirst" }]]) }))).toMatchObject({ reason: "dates, days first, as asked" });
  });

  it("are refused where both stand in one column, or a day does not exist", () => {
    expect(() => column(["13/04/2024", "04/13/2024", "05/06/2024"])).toThrow(/some with the day first and some with the month first/);
    expect(() => column(["13/04/2024", "31/04/2024", "05/06/2024"])).toThrow(/got one in row 2 that does not exist/);
  });
});

describe("a column of several kinds", () => {
  it("is refused with the first cells, by line, and what to do", () => {
    const cells = [...cycle([1.5, 2.5, 3.5], 20), "high", ...cycle([4.5], 3), "low", "low"];
    expect(() => column(cells)).toThrow(
      'table.csv: column "c" holds numbers, got "high" at line 22, "low" at line 26, … (3 in all) (--na "high" if that means missing, or --type "c=category")',
    );
    expect(first(column(cells, { na: ["high", "low"] }))).toMatchObject({ kind: "number", missing: 3 });
  });

  it("is refused with numbers among dates", () => {
    expect(() => column(["2024-01-01", "2024-02-03", "17", "2024-04-01", "18.5"])).toThrow(
      'column "c" holds dates, got "17" at line 4, "18.5" at line 6 (--na "17"',
    );
  });

  it("is refused where dates do not exist", () => {
    expect(() => column(["2024-01-01", "2024-02-30", "2024-03-01", "2024-04-01"])).toThrow(/column "c" holds dates, got "2024-02-30" at line 3/);
  });
});

describe("what looks odd is pointed out", () => {
  it("numbers that stand for missing cells", () => {
    const cells = Array.from({ length: 60 }, (_, i) => (i % 10 === 0 ? -999 : 20 + ((i * 7) % 50)));
    expect(column(cells).notes.at(-1)).toBe('column "c": 6 cells are -999, far from all others; if that means missing: --na -999');
    expect(first(column(cells, { na: ["-999"] }))).toMatchObject({ kind: "number", missing: 6 });
  });

  it("a value far from all others", () => {
    const cells = Array.from({ length: 60 }, (_, i) => (i === 30 ? 1e9 : ((i * 7) % 50) / 10));
    expect(column(cells).notes.at(-1)).toMatch(/^column "c": 1000000000 in row 31 is far from all others/);
  });

  it("more levels than are learnt", () => {
    const cells = Array.from({ length: 9000 }, (_, i) => `w${i % 3000}`);
    const table = column(cells);
    expect(table.columns[0]).toMatchObject({ kind: "category", reason: "the 2000 commonest of 3000 values of text, and others" });
    expect(table.notes.at(-1)).toMatch(/the 2000 commonest of its levels are kept/);
  });

  it("100,000 levels, which tell rows apart unless they are asked for", () => {
    const cells = Array.from({ length: 103_000 }, (_, i) => `w${i % 100_000}`);
    expect(first(column(cells))).toMatchObject({ kind: "identifier" });
    const { columns, notes } = column(cells, { types: new Map([["c", { kind: "category" }]]) });
    const [words] = columns;
    if (words?.kind !== "category") throw new Error("c is a category");
    expect(notes.at(-1)).toBe('column "c": the 2000 commonest of its levels are kept, the others are "other"');
    expect(words.levels).toHaveLength(2001);
    expect([words.levels[0], words.levels[1999], words.levels[2000]]).toEqual(["w0", "w1999", "other"]);
    expect(words.counts.reduce((sum, count) => sum + count)).toBe(103_000);
    expect([words.counts[0], words.counts[2000]]).toEqual([2, 103_000 - 2 * 2000]);
    expect([words.values[1999], words.values[2000], words.values[100_000]]).toEqual([1999, 2000, 0]);
  });

  it("more levels than are learnt, of which one is called other", () => {
    const cells = Array.from({ length: 9000 }, (_, i) => (i % 10 === 0 ? "other" : `w${i % 3000}`));
    const { levels, values } = first(column(cells)) as { levels: string[]; values: Float64Array };
    expect(levels.filter((level) => level === "other")).toEqual(["other"]);
    expect([levels[values[0]!], levels[values[1]!]]).toEqual(["other", "w1"]);
  });
});
