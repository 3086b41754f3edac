import { expect, it } from "vitest";
import { describe } from "../../src/table/describe.ts";
import { readText } from "../support/text_tables.ts";

const rows = Array.from(
  { length: 12 },
  (_, i) => `${i + 1},${(i * 5) % 7}.5,${"rgb"[i % 3]},${["red", "green", "blue"][i % 3]},2024-01-${10 + ((i * 5) % 12)},k`,
);
const table = readText(`id,x,c,colour,when,same\n${rows.join("\n")}\n13,0.5,r,red,2024-01-10,k\n14,,r,red,,k\n`);

it("a description says of each column what it is, in the forms of the file", () => {
  const { columns, missing } = describe(table);
  expect(columns.map(({ reason: _, ...rest }) => rest)).toEqual([
    { name: "id", kind: "identifier", missing: 0 },
    { name: "x", kind: "number", missing: 1, range: ["0.5", "6.5"] },
    { name: "c", kind: "category", missing: 0, levels: ["r", "g", "b"], levelCount: 3 },
    { name: "colour", kind: "category", missing: 0, levels: ["red", "green", "blue"], levelCount: 3 },
    { name: "when", kind: "date", missing: 1, range: ["2024-01-10", "2024-01-21"] },
    { name: "same", kind: "constant", missing: 0, text: "k" },
  ]);
  expect(missing).toBe(2);
});

it("a description counts rows that come again, identifiers aside, and names columns that tell each other", () => {
  const { duplicates, leaks, notes } = describe(table);
  expect(duplicates).toBe(1);
  expect(leaks).toEqual([["c", "colour"]]);
  expect(notes.at(-1)).toBe('columns "c", "colour" tell each other (drop all but one)');
});
