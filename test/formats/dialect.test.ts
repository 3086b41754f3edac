import { describe, expect, it } from "vitest";
import { type Dialect, findDialect } from "../../src/formats/dialect.ts";

const lines = (...parts: string[]): string => parts.join("\n");
const found = (...parts: string[]): Dialect => findDialect(lines(...parts));
const plain = { separator: ",", skipLines: 0, decimal: ".", header: true };

describe("the separator of a file", () => {
  it.each([
    ["a comma", ["a,b", "1,2", "3,4"], ","],
    ["a tab", ["a\tb c", "1\t2", "3\t4"], "\t"],
    ["a semicolon beside decimal commas", ["a;b", "1,5;2,5", "3,5;4,5"], ";"],
    ["a bar", ["a|b|c", "1|2|3", "4|5|6"], "|"],
    ["runs of blanks", ["  x   y", " 1.0  2.0", "10.5 20.5"], " "],
    ["a comma beside words with blanks", ["name,city", "A B,New York", "C D,Los Angeles"], ","],
    ["a comma inside quotes beside semicolons", ["a;b", '"1,2";3', '"4,5";6'], ";"],
    ["nothing in a file of one column", ["x", "1", "2"], ","],
  ])("is %s", (_, file, separator) => {
    expect(findDialect(lines(...file)).separator).toBe(separator);
  });
});

describe("the first line of a file", () => {
  it.each([
    ["words above numbers", ["a,b", "1,2", "3,4"], true],
    ["years above numbers", ["2019,2020,2021", "1.5,2.5,3.5", "4.5,5.5,6.5"], true],
    ["the numbers of columns, without one for the row's", [",0,1,2", "0,1.5,2.5,3.5", "1,4.5,5.5,6.5"], true],
    ["words above other words", ["name,colour", "x,red", "y,blue", "z,red"], true],
    ["a word above a date", ["when,what", "2024-01-01,a", "2024-01-02,b"], true],
  ])("names the columns: %s", (_, file, header) => {
    expect(findDialect(lines(...file)).header).toBe(header);
  });

  it.each([
    ["numbers like those below", ["1.5,2.5", "3.5,4.5"]],
    ["a sequence above sequences", ["1,2,3", "4,5,6", "7,8,9"]],
    ["a missing cell among numbers", ["NaN,1.5", "2.5,3.5"]],
    ["words that come again", ["red,x", "blue,y", "red,z"]],
    ["a word and a number", ["red,1", "blue,2"]],
  ])("is a row: %s", (_, file) => {
    expect(findDialect(lines(...file)).header).toBe(false);
  });

  it("is said aloud with its reason", () => {
    expect(findDialect("2019,2020\n1.5,2.5\n3.5,4.5").notes).toEqual([
      "the first line names the columns: it counts from 2019 to 2020, and the lines below do not (--header no says otherwise)",
    ]);
  });

  it("is what is asked for", () => {
    expect(findDialect("a,b\n1,2", { header: false })).toEqual({ ...plain, header: false, notes: [] });
  });
});

describe("the decimal sign of a file", () => {
  it.each([
    ["1,5;2", ","],
    ["1.234,5;2", ","],
    ["1,234;5,678", ","],
    ["1.234.567;2", ","],
    ["1.5;2", "."],
    ["1,234.5;2", "."],
    ["1,234,567;2", "."],
    ["1;2", "."],
  ] as const)("of %s is %s", (line, decimal) => {
    expect(findDialect(lines("a;b", line, line)).decimal).toBe(decimal);
  });
});

describe("lines that are no rows", () => {
  it("are a preamble that ends where all lines have as many cells", () => {
    expect(found("Report of sales", "made on Monday", "", "a,b", "1,2", "3,4")).toMatchObject({ ...plain, skipLines: 3 });
  });

  it("are comments", () => {
    expect(found("# a note, with a comma", "a,b", "1,2", "# another", "3,4")).toMatchObject({ ...plain, comment: "#" });
  });

  it("are not guessed where a single line is ragged", () => {
    expect(found("a,b", "1,2,3", "3,4", "5,6", "7,8", "9,1", "2,3", "4,5", "6,7", "8,9").skipLines).toBe(0);
  });

  it("are as many as is said", () => {
    expect(findDialect("x,y\na,b\n1,2\n3,4", { skipLines: 1 }).skipLines).toBe(1);
  });
});
