import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/formats/format_error.ts";
import { MOST_BYTES, readSchema, schemaOf, typesOf } from "../../src/table/schema.ts";
import { readText } from "../support/text_tables.ts";

const LINES = Array.from({ length: 20 }, (_, i) => `${(i * 7) % 20}.25,${"xyz"[i % 3]!},${1 + i}/02/2024,${1_700_000_000 + 977 * i * i},k,${i},`);
const TEXT = `measure,word,day,created_at,same,row,none\n${LINES.join("\n")}\n`;
const GOOD = JSON.stringify(schemaOf(readText(TEXT)));

type Json = Record<string, unknown>;

/** The good schema with a change in one of its columns, or in itself. */
function changed(change: (schema: Json, column: (name: string) => Json) => unknown): string {
  const schema = JSON.parse(GOOD) as Json;
  const columns = schema["columns"] as Json[];
  change(schema, (name) => columns.find((column) => column["name"] === name)!);
  return JSON.stringify(schema);
}

describe("a schema in a file", () => {
  it("is itself again", () => {
    expect(JSON.stringify(readSchema(GOOD, "m"))).toBe(GOOD);
    const kinds = readSchema(GOOD, "m").columns.map(({ kind }) => kind);
    expect(kinds).toEqual(["number", "category", "date", "date", "constant", "identifier", "empty"]);
  });

  it("holds no more of a table than quantiles", () => {
    const rows = Array.from({ length: 4000 }, (_, i) => `${((i * 7919) % 4001) / 8},${i % 3}`);
    const [a] = schemaOf(readText(`a,b\n${rows.join("\n")}\n`)).columns;
    if (a?.kind !== "number") throw new Error("a is a number");
    expect(a.quantiles).toHaveLength(256);
    expect([a.quantiles[0], a.quantiles.at(-1)]).toEqual(a.range);
  });

  it("says in which order another file has day and month, and the kinds of its columns", () => {
    const types = typesOf(readSchema(GOOD, "m"));
    expect(types.get("day")).toEqual({ kind: "date", order: "dayFirst" });
    expect(types.get("same")).toEqual({ kind: "category" });
    const [day] = readText("day,x\n03/04/2024,1.5\n05/06/2024,2.5\n", { types }).columns;
    expect(day).toMatchObject({ kind: "date", reason: "as asked", range: [19816, 19879] });
  });

  it.each([
    ["{", "m: a schema is JSON"],
    ["null", "m: a schema is an object, got null"],
    ["[]", "m: a schema is an object, got an array"],
    ["{}", "m: version of a schema is 1, got undefined"],
    [" ".repeat(MOST_BYTES + 1), `m: a schema has at most ${MOST_BYTES} bytes`],
    ['{"version":1,"rows":1,"separator":",","header":true,"columns":[null]}', "m: column 1 of a schema is an object, got null"],
    ['{"version":1,"rows":1,"separator":",","header":true,"columns":[{}]}', "m: name of column 1 of a schema is a text, got undefined"],
  ])("is refused: %.40s", (text, rule) => {
    expect(() => readSchema(text, "m")).toThrow(FormatError);
    expect(() => readSchema(text, "m")).toThrow(rule);
  });

  const WRONG: readonly [column: string | undefined, field: string, values: readonly unknown[]][] = [
    [undefined, "version", [2, "1", null]],
    [undefined, "rows", [-1, 0.5, null, "3"]],
    [undefined, "separator", ["", ",,", "1", "\n", '"', null]],
    [undefined, "header", [1, "true", null]],
    [undefined, "columns", [{}, null, { length: 2 }, new Array(10_001).fill({})]],
    ["measure", "name", [1, null, {}]],
    ["measure", "kind", ["odd", "__proto__", "constructor", null, ["number"]]],
    ["measure", "reason", [null, 1]],
    ["measure", "missing", [-1, 0.5, null]],
    ["measure", "missingText", [null, 0]],
    ["measure", "form", [null, [], {}, { decimals: -1 }, { decimals: 1e9 }, { decimals: 2, decimal: "." }, { decimals: 2, group: 1 }]],
    [
      "measure",
      "form",
      [
        { decimals: 2, prefix: "$".repeat(30) },
        { decimals: 2, suffix: null },
      ],
    ],
    ["measure", "step", [-0.1, 0.3, 1e-10, 10, null]],
    ["measure", "range", [null, [1], [2, 1], [0, null], [0, 1, 2], "01"]],
    ["measure", "commonest", [null, {}, { value: 1, share: 2 }, { value: null, share: 0.5 }, { value: 1, share: 0 }]],
    ["measure", "quantiles", [null, {}, [3, 2], [-1e9, 0], [0, null], new Array(257).fill(1)]],
    ["word", "levels", [null, {}, [], [1], ["a", "a"], ["a", null], Array.from({ length: 2002 }, (_, i) => `w${i}`)]],
    ["word", "numeric", [null, 1]],
    ["day", "form", [null, {}, { unit: "days" }, { parts: [], padded: true, paddedHours: true }]],
    ["day", "range", [null, [1], [2, 1], [0, 1e9], [-1e9, 0]]],
    ["day", "quantiles", [null, [-1e6, 0]]],
    ["created_at", "form", [{ unit: 1 }, { unit: ["seconds"] }]],
    ["same", "text", [null, 1, []]],
  ];
  it.each(WRONG)("is refused with the name of the column and the field: of %s %s", (name, field, values) => {
    for (const value of values) {
      const text = changed((schema, column) => ((name === undefined ? schema : column(name))[field] = value));
      const rule = name === undefined ? `${field} of a schema is ` : field === "name" ? "name of column 1" : `${field} of column `;
      expect(() => readSchema(text, "m"), JSON.stringify(value)).toThrow(FormatError);
      expect(() => readSchema(text, "m")).toThrow(`m: ${rule}`);
      if (name !== undefined && field !== "name") expect(() => readSchema(text, "m")).toThrow(`"${name}", of a schema is `);
    }
    const without = changed((schema, column) => delete (name === undefined ? schema : column(name))[field]);
    expect(() => readSchema(without, "m")).toThrow(`${field} of `);
  });

  it.each([
    ["no year", [{ field: "day" }, { text: "." }, { field: "month" }]],
    ["two months", [{ field: "year" }, { field: "month" }, { field: "name", long: true }]],
    ["an order that is open", [{ field: "first" }, { field: "second" }, { field: "year" }]],
    ["a part that is unknown", [{ field: "year" }, { field: "month" }, { field: "toString" }]],
    ["a fraction of no digits", [{ field: "year" }, { field: "month" }, { field: "fraction" }]],
    ["a fraction of endless digits", [{ field: "year" }, { field: "month" }, { field: "fraction", digits: 1e9 }]],
    ["a part that is no object", [{ field: "year" }, { field: "month" }, null]],
    ["a text that is none", [{ field: "year" }, { text: 1 }, { field: "month" }]],
    ["names in odd letters", [{ field: "year" }, { field: "name", letters: "odd" }]],
  ])("is refused with a date of %s", (_, parts) => {
    const text = changed((_, column) => (column("day")["form"] = { parts, padded: true, paddedHours: true }));
    expect(() => readSchema(text, "m")).toThrow('m: form of column 3, "day", of a schema is { parts, padded, paddedHours } of a date, or a { unit }');
  });

  it("is refused with two columns of one name", () => {
    const text = changed((_, column) => (column("word")["name"] = "measure"));
    expect(() => readSchema(text, "m")).toThrow('m: name of column 2, "measure", of a schema is its own, got that of column 1');
  });
});
