import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { readText, kinds } from "../support/text_tables.ts";

describe("a table", () => {
  it("has names that are told apart, also where there are none", () => {
    const { columns } = readText("a,,a,__proto__,a.2\n1.5,2.5,3.5,4.5,5.5\n2.5,3.5,4.5,5.5,7.5\n");
    expect(columns.map(({ name }) => name)).toEqual(["a", "column 2", "a.3", "__proto__", "a.2"]);
    expect(readText("1.5,2\n2.5,4\n").columns.map(({ name }) => name)).toEqual(["column 1", "column 2"]);
  });

  it("is the same in pieces of any length", () => {
    const text = 'when,"what, exactly",n\n2024-01-01,"a ""b""",1.5\n2024-01-02,c,\n2024-01-03,"a ""b""",2.5\n2024-01-04,c,3.5\n';
    const whole = JSON.stringify(readText(text));
    for (const piece of [1, 2, 3, 7, 50]) expect(JSON.stringify(readText(text, {}, piece))).toBe(whole);
    expect(kinds(readText(text))).toEqual({ when: "date", "what, exactly": "category", n: "number" });
  });

  it("may begin with a byte order mark", () => {
    expect(kinds(readText("\ufeffa,b\n1.5,2.5\n3.5,1.5\n4.5,6.5\n"))).toEqual({ a: "number", b: "number" });
  });

  it("has what is wrong with it said at once", () => {
    const cells = Array.from({ length: 30 }, (_, i) => `${i}.5,${i}.25`);
    cells[3] = "1.5";
    cells[7] = "1,2,3";
    cells[9] = "word,1.5";
    expect(() => readText(`a,b\n${cells.join("\n")}\n`)).toThrow(
      new FormatError(
        [
          "table.csv: rows have 2 cells, got 1 at line 5",
          "table.csv: rows have 2 cells, got 3 at line 9",
          'table.csv: column "a" holds numbers, got "word" at line 11 (--na "word" if that means missing, or --type "a=category")',
        ].join("\n"),
      ),
    );
  });

  it("has ten of many faults said", () => {
    const lines = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? "1,2" : "1"));
    expect(() => readText(`a,b\n${lines.join("\n")}\n`, { header: true, separator: "," })).toThrow(/\n\(and 10 more\)$/);
  });

  it("is refused without rows, and where bytes are no text", () => {
    expect(() => readText("")).toThrow("table.csv: a table has at least one row, got no lines");
    expect(() => readText("a,b\n")).toThrow("table.csv: a table has at least one row, got only a line of names");
    expect(() => readText("\u0089PNG\r\n\u001a\n\0\0\0")).toThrow("table.csv: a table is text, got a byte 0 at 9 (is it another kind of file?)");
  });
});
