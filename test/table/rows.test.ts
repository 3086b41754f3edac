import fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { decodeRows, encodeRows, writtenColumns } from "../../src/table/rows.ts";
import { readSchema, schemaOf, typesOf } from "../../src/table/schema.ts";
import { readText, roundTrip } from "../support/text_tables.ts";

/** A column of cells as files have them, all of one form. */
const cells: fc.Arbitrary<fc.Arbitrary<string>> = fc.oneof(
  fc.constant(fc.integer().map(String)),
  fc.nat(6).map((decimals) => fc.integer({ min: -1e8, max: 1e8 }).map((n) => (n / 10 ** decimals).toFixed(decimals))),
  fc.constant(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }).map(String)),
  fc.constant(fc.constantFrom("red", "blue", 'a "quoted" word', "with, comma", "zwei\nZeilen", "naïve ✓ 漢字", "=1+1", " padded ".trim())),
  fc.constant(fc.constantFrom("0", "1")),
  fc.constant(fc.constantFrom("007", "042", "100")),
  fc.constant(fc.date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10))),
  fc.constant(fc.date({ min: new Date(0), max: new Date("2099-12-31"), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 19))),
  fc.constant(fc.nat(1e6).map((n) => `$${(n / 100).toFixed(2).replace(/\B(?=(\d{3})+\.)/g, ",")}`)),
  fc.constant(fc.constant("x")),
);

/** Names of columns, and rows of cells of which some are missing. */
const tables = fc.tuple(fc.array(cells, { minLength: 1, maxLength: 6 }), fc.boolean()).chain(([columns, holes]) => {
  const row = fc.tuple(
    ...columns.map((cell) => (holes ? fc.oneof({ weight: 5, arbitrary: cell }, { weight: 1, arbitrary: fc.constant("") }) : cell)),
  );
  return fc.array(row, { minLength: 3, maxLength: 30 });
});

describe("rows of a schema", () => {
  it("come back as they were, cell for cell, in random tables", () => {
    const property = fc.property(tables, fc.integer({ min: 7, max: 200 }), (rows, piece) => {
      const names = rows[0]!.map((_, c) => `c${c}`);
      const text = Papa.unparse([["first", ...names], ...rows.map((row, i) => [`r${i % 2}`, ...row])], { newline: "\n" });
      const table = readText(text, { header: true, separator: "," }, piece);
      const back = roundTrip(table);
      back.rows.forEach((row, i) => {
        row.forEach((cell, c) => {
          const given = ["r" + String(i % 2), ...rows[i]!][["first", ...names].indexOf(back.names[c]!)]!;
          const sameNumber = cell !== "" && given !== "" && Number(cell) === Number(given);
          if (!sameNumber) expect(cell).toBe(given);
        });
      });
      const left = table.columns.filter(({ kind }) => kind !== "identifier" && kind !== "empty");
      expect(back.names).toEqual(left.map(({ name }) => name));
      if (left.some(({ kind }) => kind !== "constant")) expect(back.rows).toHaveLength(rows.length);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it("are found by name in another file, in any order, with more columns than are needed", () => {
    const schema = schemaOf(readText("a,b\n1.5,x\n2.5,y\n3.5,x\n"));
    const other = readText("new,b,a\n9,y,7.5\n8,x,6.5\n", { types: typesOf(schema) });
    expect([...encodeRows(schema, other).values]).toEqual([7.5, 1, 6.5, 0]);
  });

  it("miss columns, by name", () => {
    const schema = schemaOf(readText("a,b\n1.5,x\n2.5,y\n3.5,x\n"));
    expect(() => encodeRows(schema, readText("A,b\n1.5,x\n2.5,y\n"), "other.csv")).toThrow(
      'other.csv: a table has the columns of its schema, got none named "a" (new are "A")',
    );
  });

  it("count the levels that the schema has never seen, as missing", () => {
    const schema = schemaOf(readText("a,b\n1.5,x\n2.5,y\n3.5,x\n"));
    const { values, unseen } = encodeRows(schema, readText("a,b\n1.5,z\n2.5,y\n3.5,z\n", { types: typesOf(schema) }));
    expect([...values]).toEqual([1.5, NaN, 2.5, 1, 3.5, NaN]);
    expect([...unseen]).toEqual([["b", 2]]);
  });

  it("are rounded to the grid, and clipped where that is asked for", () => {
    const schema = schemaOf(readText("a,n,c\n1.5,10,k\n2.5,40,k\n3.5,20,k\n0.5,30,k\n1.5,90,k\n0.5,35,k\n"));
    expect(writtenColumns(schema).map(({ name }) => name)).toEqual(["a", "n", "c"]);
    expect([...decodeRows(schema, [1.234, 55.6, 99.5, -3], { clip: true })]).toEqual([
      ["1.2", "56", "k"],
      ["3.5", "10", "k"],
    ]);
    expect([...decodeRows(schema, [99.5, -3])]).toEqual([["99.5", "-3", "k"]]);
  });

  it("find a level that is a number however it is written", () => {
    const schema = schemaOf(readText(`a,b\n${Array.from({ length: 20 }, (_, i) => `${i}.5,${i % 2}`).join("\n")}\n`));
    const { values, unseen } = encodeRows(schema, readText("a,b\n1.5,1.0\n2.5,0\n3.5,2\n4.5,word\n", { types: typesOf(schema) }));
    expect([...values]).toEqual([1.5, 1, 2.5, 0, 3.5, NaN, 4.5, NaN]);
    expect([...unseen]).toEqual([["b", 2]]);
  });

  it("are refused where a number stands for no cell, with its row and column", () => {
    const schema = schemaOf(readText("n,w,when\n1.5,x,2024-01-01\n2.5,y,2024-01-02\n3.5,x,2024-01-03\n"));
    const good = [1.5, 0, 19723];
    const refused = (row: number[], rule: string): void => {
      expect(() => decodeRows(schema, [...good, ...row])).toThrow(RangeError);
      expect(() => decodeRows(schema, [...good, ...row])).toThrow(`decodeRows: ${rule}`);
    };
    expect([...decodeRows(schema, [...good, NaN, NaN, NaN])].at(-1)).toEqual(["", "", ""]);
    refused([Infinity, 0, 0], 'numbers are finite, or NaN where a cell is missing, got Infinity in row 2, column "n"');
    refused([0, 0, -Infinity], 'numbers are finite, or NaN where a cell is missing, got -Infinity in row 2, column "when"');
    expect(() => decodeRows(schema, [-Infinity, 0, 0], { clip: true })).toThrow('got -Infinity in row 1, column "n"');
    refused([0, 2, 0], 'levels are 0 to 1, got 2 in row 2, column "w"');
    refused([0, 0.5, 0], 'levels are 0 to 1, got 0.5 in row 2, column "w"');
    refused([0, 0, 1e9], 'dates are days of the years 0 to 9999, from 1970, got 1000000000 in row 2, column "when"');
    expect([...decodeRows(schema, [0, 0, 1e9], { clip: true })]).toEqual([["1.5", "x", "2024-01-03"]]);
    refused([0], "rows have 3 numbers, got 4");
  });

  it("have columns of any name: __proto__, constructor and toString", () => {
    const text = "__proto__,constructor,toString\n1.5,x,2024-01-01\n2.5,y,2024-01-02\n3.5,x,2024-01-03\n";
    const { names, rows } = roundTrip(readText(text));
    expect([names, ...rows].map((row) => row.join(",")).join("\n")).toBe(text.trim());
    const types = new Map([["__proto__", { kind: "category" as const }]]);
    const schema = readSchema(JSON.stringify(schemaOf(readText(text, { types }))), "m");
    expect(schema.columns[0]).toMatchObject({ name: "__proto__", kind: "category", levels: ["1.5", "2.5", "3.5"] });
    expect(encodeRows(schema, readText(text, { types: typesOf(schema) })).columns).toBe(3);
  });
});
