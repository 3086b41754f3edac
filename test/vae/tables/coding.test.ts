/** A table's columns as a model has them, and back: the tables of the tests come back as they were. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { parseTable } from "../../../src/table/parse_table.ts";
import { encodeRows } from "../../../src/table/rows.ts";
import { encodedColumns } from "../../../src/table/schema.ts";
import { codingOf, decodeCells, encodeCells, logUnits } from "../../../src/vae/tables/coding.ts";
import { mixed } from "../../../src/vae/likelihoods/mixed.ts";

function tableOf(file: string) {
  const bytes = readFileSync(new URL(`../../data/${file}`, import.meta.url));
  const table = parseTable(file.endsWith(".gz") ? gunzipSync(bytes) : bytes);
  const columns = encodedColumns(table.schema);
  return { columns, values: encodeRows(table.schema, table).values };
}

describe.each(["penguins.csv", "credit.csv.gz", "attrition.csv.gz", "churn.csv.gz", "weather.csv.gz"])("%s", (file) => {
  const { columns, values } = tableOf(file);
  const coding = codingOf(columns, values, 4);

  test("comes back from a model's cells as it was, but for rounding to f32, and missing cells stay missing", () => {
    const cells = encodeCells(coding, values, columns.length);
    const back = decodeCells(coding, cells, columns.length);
    expect(back.length).toBe(values.length);
    const places = columns.map((_, c) => coding.find(({ column }) => column === c)!);
    const wrong = Array.from(values.keys()).filter((i) => {
      const [value, got] = [values[i]!, back[i]!];
      const { scale, offset } = places[i % columns.length]!;
      const tolerance = 2 ** -23 * (Math.abs(value) + Math.abs(offset) + Math.abs(value - offset)) + 2 ** -149 / scale;
      return value === value ? !(Math.abs(got - value) <= tolerance) : got === got;
    });
    expect(wrong.map((i) => [i, values[i], back[i]])).toEqual([]);
  });

  test("is in standard units: half of the numbers lie within one or so, and mixed takes the laws, which are plain JSON", () => {
    const cells = encodeCells(coding, values, columns.length);
    coding.forEach(({ law }, j) => {
      if (law.kind !== "number") return;
      const own = cells.filter((value, i) => i % coding.length === j && value === value).map(Math.abs).sort(); // prettier-ignore
      expect(own[own.length >> 1]!).toBeLessThan(1.5);
      expect(law.floor).toBeGreaterThanOrEqual(Math.max(0.003, law.step / Math.sqrt(12)));
    });
    expect(JSON.parse(JSON.stringify(coding))).toEqual(coding);
    expect(mixed(coding.map(({ law }) => law)).columns(coding.length)).toBeGreaterThan(coding.length);
  });
});

test("a date is its year, as a level, and its day in the year, which goes round; of very many years its days as they are", () => {
  const table = parseTable("when,x\n2012-01-01,1.5\n2012-12-31,2.5\n2013-02-28,3.25\n2013-03-01,\n");
  const columns = encodedColumns(table.schema);
  const { values } = encodeRows(table.schema, table);
  const coding = codingOf(columns, values, 1);
  expect(coding.map(({ of }) => of)).toEqual(["year", "day", "cell"]);
  const [year, day] = coding;
  expect(year!.values).toEqual([2012, 2013]);
  const { turns, phase } = (day!.law as { cycle: { turns: number; phase: number } }).cycle;
  const cells = encodeCells(coding, values, 2);
  expect(cells[1]! * turns + phase).toBeCloseTo(1 / 365.2425, 5);
  const dates = (rows: Float64Array): number[] => Array.from(rows.filter((_, i) => i % 2 === 0));
  expect(dates(decodeCells(coding, cells, 2))).toEqual(dates(values));
  // 2013 has no 366th day
  const late = Float32Array.of(1, (366 - day!.offset) * day!.scale, 0);
  expect(decodeCells(coding, late, 2)[0]).toBe(Date.UTC(2013, 11, 31) / 864e5);
  const ancient = parseTable(`when\n${Array.from({ length: 80 }, (_, i) => `${1900 + i}-05-0${(i % 9) + 1}`).join("\n")}\n`);
  const [only] = codingOf(encodedColumns(ancient.schema), encodeRows(ancient.schema, ancient).values, 1);
  expect(only!.of).toBe("cell");
});

test("densities are in the units of the file: a number's scale, a level's step, nothing for words and what is missing", () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${(i * 7919) % 1009}.5,${i % 3},${i % 2 ? "a" : "b"}`);
  const table = parseTable(`x,k,w\n${rows.join("\n")}\n,1,a\n`);
  const columns = encodedColumns(table.schema);
  const { values } = encodeRows(table.schema, table);
  const coding = codingOf(columns, values, 1);
  const units = logUnits(coding, encodeCells(coding, values, columns.length));
  expect(units[0]).toBeCloseTo(Math.log(coding[0]!.scale), 10);
  expect(units[60]).toBe(0);
});
