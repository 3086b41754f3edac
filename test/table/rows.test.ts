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
});

describe("a schema in a file", () => {
  const good = JSON.stringify(schemaOf(readText("a,b\n1.5,x\n2.5,y\n3.5,x\n")));

  it("is itself again", () => {
    expect(JSON.stringify(readSchema(good, "m"))).toBe(good);
  });

  it("holds no more of a table than quantiles", () => {
    const rows = Array.from({ length: 4000 }, (_, i) => `${((i * 7919) % 4001) / 8},${i % 3}`);
    const [a] = schemaOf(readText(`a,b\n${rows.join("\n")}\n`)).columns;
    if (a?.kind !== "number") throw new Error("a is a number");
    expect(a.quantiles).toHaveLength(256);
    expect([a.quantiles[0], a.quantiles.at(-1)]).toEqual(a.range);
  });

  it.each([
    ["{", "a schema is JSON"],
    ["{}", "the version of a schema is 1"],
    ["null", "the version of a schema is 1"],
    ['{"version":2}', "the version of a schema is 1"],
    ['{"version":1}', "a schema has columns"],
    ['{"version":1,"columns":[{}]}', "has a name that is text"],
    ['{"version":1,"columns":[{"name":"a","kind":"odd"}]}', "has a kind that is known"],
    ['{"version":1,"columns":[{"name":"a","kind":"category","levels":[1]}]}', "has levels that are texts"],
    ['{"version":1,"columns":[{"name":"a","kind":"number","step":1}]}', "has a step and a form"],
    ['{"version":1,"columns":[{"name":"a","kind":"date","form":{},"range":[1]}]}', "has a range of two numbers"],
  ])("is refused: %s", (text, rule) => {
    expect(() => readSchema(text, "m")).toThrow(rule);
  });
});
