import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cellsOf, textOf } from "../../src/formats/cells.ts";
import { decodeRows, encodeRows, writtenColumns } from "../../src/table/rows.ts";
import { readSchema, schemaOf, typesOf } from "../../src/table/schema.ts";
import { randomTables } from "../support/random_tables.ts";
import { readText, roundTrip } from "../support/text_tables.ts";

/** Tables that are tried: 200, or 10,000 in the long form. */
const RUNS = import.meta.env["TEST_LONG"] === "1" ? 10_000 : 200;

/** The same cell, or the same number in other digits. */
function isSame(cell: string, given: string, decimal: string): boolean {
  const number = (text: string): number => (text.trim() === "" ? NaN : Number(text.replace(decimal, ".")));
  return cell === given || number(cell) === number(given);
}

describe("rows of a schema", () => {
  it(`come back as they were, cell for cell, in ${RUNS} random tables: read, encoded, decoded and written`, () => {
    const property = fc.property(randomTables, fc.integer({ min: 7, max: 200 }), (random, piece) => {
      const { names, rows, text, separator, decimal, types } = random;
      const dialect = { header: true, separator, decimal, skipLines: 0 };
      const table = readText(text, { ...dialect, types }, piece);
      const left = table.columns.filter(({ kind }) => kind !== "identifier" && kind !== "empty");
      const back = roundTrip(table);
      expect(back.names).toEqual(left.map(({ name }) => name));
      if (back.names.length === 0) return;
      const again = cellsOf(textOf([back.names, ...back.rows], { separator }), dialect);
      expect(again.names).toEqual(back.names);
      if (left.every(({ kind }) => kind === "constant")) return;
      expect(again.rows).toHaveLength(rows.length);
      const places = back.names.map((name) => names.indexOf(name));
      again.rows.forEach((row, i) => {
        const given = places.map((place) => rows[i]![place]!);
        const wrong = row.findIndex((cell, c) => !isSame(cell, given[c]!, decimal));
        if (wrong >= 0) expect(row).toEqual(given);
      });
    });
    fc.assert(property, { numRuns: RUNS });
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
