import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { type Layout, RecordSplitter } from "../../src/formats/delimited.ts";

interface Split {
  readonly cells: string[][];
  readonly lines: number[];
}

/** All records of a text that comes in pieces of a length. */
function split(text: string, layout: Layout, piece = 1 << 20): Split {
  const bytes = new TextEncoder().encode(text);
  const [cells, lines]: [string[][], number[]] = [[], []];
  const splitter = new RecordSplitter("cells.csv", layout, ({ bytes: from, count, starts, ends, quotes, line }) => {
    lines.push(line);
    cells.push(
      Array.from({ length: count }, (_, c) => {
        const cell = new TextDecoder("utf-8", { ignoreBOM: true }).decode(from.subarray(starts[c], ends[c]));
        return quotes[c] === 2 ? cell.replaceAll('""', '"') : cell;
      }),
    );
  });
  for (let at = 0; at < bytes.length; at += piece) splitter.push(bytes.subarray(at, at + piece));
  splitter.finish();
  return { cells, lines };
}

const comma: Layout = { separator: "," };

describe("cells of text", () => {
  it("are those that papaparse finds, however the text is cut into pieces", () => {
    const cell = fc.stringMatching(/^[a-z0-9 ,;"\näß€\t-]*$/).filter((text) => text !== "");
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 6 });
    const property = fc.property(
      rows,
      fc.constantFrom(",", ";", "\t", "|"),
      fc.constantFrom("\n", "\r\n"),
      fc.integer({ min: 1, max: 40 }),
      (table, separator, newline, piece) => {
        const text = Papa.unparse(table, { delimiter: separator, newline });
        const expected = Papa.parse<string[]>(text, { delimiter: separator, newline }).data;
        expect(split(text, { separator }, piece).cells).toEqual(expected);
        expect(split(text + newline, { separator }, piece).cells).toEqual(expected);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it("say in which line their record begins, quoted line ends counted", () => {
    expect(split('a,b\n"1\n2",3\n\n4,5', comma)).toEqual({ cells: [["a", "b"], ["1\n2", "3"], [""], ["4", "5"]], lines: [1, 2, 4, 5] });
  });

  it("end at each kind of line end", () => {
    expect(split("a,b\r1,2\r\n3,4\n", comma, 1).cells).toEqual([
      ["a", "b"],
      ["1", "2"],
      ["3", "4"],
    ]);
  });

  it("may be empty, and stand in quotes with blanks around them", () => {
    expect(split(',"",\n "a" ,"b""c" , d', comma).cells).toEqual([
      ["", "", ""],
      ["a", 'b"c', " d"],
    ]);
  });

  it("are split at runs of blanks", () => {
    expect(split("  a   b\tc  \n1 2 3\n", { separator: " " }, 3).cells).toEqual([
      ["a", "b", "c"],
      ["1", "2", "3"],
    ]);
  });

  it("begin after lines that are skipped and leave out comments", () => {
    expect(split("title\n# note\na,b\n#1,2\n3,4", { separator: ",", comment: "#", skipLines: 1 }, 2)).toEqual({
      cells: [
        ["a", "b"],
        ["3", "4"],
      ],
      lines: [3, 5],
    });
  });

  it("are refused where a quote ends nowhere or in the middle of a cell", () => {
    expect(() => split('a,b\n1,"2\n3', comma)).toThrow(
      new FormatError("cells.csv: a quoted cell has an end, got a quote at line 2 that is left open"),
    );
    expect(() => split('a,b\n1,"2"3\n', comma)).toThrow(
      "cells.csv: a quoted cell ends at a separator or a line end, got one at line 2 that does not",
    );
  });
});
