/** Mixtures of products against plain formulas, against a known mixture, and on rows that are hard. */
import { describe, expect, it } from "vitest";
import { blocksOf } from "../../../src/judge/latent_classes/coding.ts";
import { draw, drawMissing } from "../../../src/judge/latent_classes/draw.ts";
import { fitLatentClasses } from "../../../src/judge/latent_classes/fit.ts";
import { Learner } from "../../../src/judge/latent_classes/learner.ts";
import type { LatentClasses } from "../../../src/judge/latent_classes/model.ts";
import { planParts } from "../../../src/judge/latent_classes/plan.ts";
import { logDensity, responsibilities } from "../../../src/judge/latent_classes/scores.ts";
import { firstClasses } from "../../../src/judge/latent_classes/start.ts";
import { normalCdf } from "../../../src/ops/special.ts";
import { forEachBits, key, uniformOf } from "../../../src/random.ts";
import { parseTable } from "../../../src/table/parse_table.ts";
import { encodeRows } from "../../../src/table/rows.ts";
import { type EncodedColumn, encodedColumns } from "../../../src/table/schema.ts";
import { atOnce, type WorkProgress } from "../../../src/turns.ts";

const number = (name: string, step: number): EncodedColumn => ({
  name,
  kind: "number",
  reason: "",
  missing: 0,
  missingText: "",
  form: { decimals: 1 },
  step,
  range: [-100, 100],
  commonest: { value: 0, share: 0 },
  quantiles: [],
});
const category = (name: string, levels: readonly string[], numeric = false): EncodedColumn => ({
  name,
  kind: "category",
  reason: "",
  missing: 0,
  missingText: "",
  levels,
  numeric,
});

const COLUMNS = [number("length", 0.1), number("weight", 0), category("colour", ["red", "green", "blue"])];
const broad = { mean: 0, sd: 20, share: 0.001 };
/** Three classes, apart in some columns and not in others. */
const TRUTH: LatentClasses = {
  columns: 3,
  weights: [0.5, 0.3, 0.2],
  parts: [
    { kind: "number", column: 0, of: "cell", step: 0.1, atoms: [], shares: [1, 1, 1], means: [-5, 0, 5], sds: [1, 0.5, 2], broad },
    { kind: "number", column: 1, of: "cell", step: 0, atoms: [], shares: [1, 1, 1], means: [3, -3, 3], sds: [1, 1, 2], broad },
    { kind: "category", column: 2, step: 1, levels: 3, shares: [0.8, 0.1, 0.0999, 0.0001, 0.1, 0.8, 0.0999, 0.0001, 0.2, 0.2, 0.5999, 0.0001] },
  ],
};

/** Makes every so manieth cell missing, at random. */
function holed(values: Float64Array, share: number): Float64Array {
  const own = values.slice();
  forEachBits(...key(77).words, own.length, (i, bits) => uniformOf(bits) < share && (own[i] = NaN));
  return own;
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe("log densities", () => {
  const normal = (x: number, m: number, sd: number, step: number): number =>
    step > 0
      ? (normalCdf((x + step / 2 - m) / sd) - normalCdf((x - step / 2 - m) / sd)) / step
      : Math.exp(-0.5 * ((x - m) / sd) ** 2) / (sd * Math.sqrt(2 * Math.PI));

  it("are those of the formula, cell by cell, with atoms and missing cells", async () => {
    const [first, ...others] = TRUTH.parts;
    const atoms = [0, 2.5];
    const shares = [0.1, 0.2, 0.7, 0.3, 0.3, 0.4, 0.05, 0.05, 0.9];
    const model: LatentClasses = { ...TRUTH, parts: [{ ...first, atoms, shares } as (typeof TRUTH.parts)[0], ...others] };
    const rows = [
      [0, 3.3, 0],
      [2.5, NaN, 2],
      [-4.9, -3, 1],
      [NaN, NaN, 1],
      [NaN, NaN, NaN],
      [1.1, 0.25, NaN],
    ];
    const want = rows.map(([x, y, c]) => {
      const terms = [0, 1, 2].map((k) => {
        const cell = (p: 0 | 1, value: number, own: number): number => {
          const { means, sds, step } = model.parts[p] as Extract<(typeof TRUTH.parts)[0], { kind: "number" }>;
          return own * (0.999 * normal(value, means[k]!, sds[k]!, step) + 0.001 * normal(value, 0, 20, step));
        };
        const atom = atoms.indexOf(x!);
        const ofX = Number.isNaN(x) ? 1 : cell(0, x!, shares[3 * k + 2]!) + (atom < 0 ? 0 : shares[3 * k + atom]! / 0.1);
        return TRUTH.weights[k]! * ofX * (Number.isNaN(y) ? 1 : cell(1, y!, 1)) * (Number.isNaN(c) ? 1 : TRUTH.parts[2]!.shares[4 * k + c!]!);
      });
      return { density: Math.log(terms[0]! + terms[1]! + terms[2]!), classes: terms.map((term) => term / (terms[0]! + terms[1]! + terms[2]!)) };
    });
    const got = await logDensity(model, rows.flat());
    const classes = await responsibilities(model, rows.flat());
    want.forEach((row, i) => {
      expect(got[i]).toBeCloseTo(row.density, 8);
      row.classes.forEach((share, k) => expect(classes[3 * i + k]).toBeCloseTo(share, 8));
    });
  });

  it("add up to one over a grid, and over the categories", async () => {
    const grid = Float64Array.from({ length: 3000 }, (_, i) => (i - 1500) / 10);
    const cells = (values: Float64Array, column: number): Float64Array =>
      Float64Array.from({ length: 3 * values.length }, (_, i) => (i % 3 === column ? values[Math.floor(i / 3)]! : NaN));
    const sum = async (values: Float64Array, column: number, step: number): Promise<number> =>
      (await logDensity(TRUTH, cells(values, column))).reduce((all, log) => all + step * Math.exp(log), 0);
    expect(await sum(grid, 0, 0.1)).toBeCloseTo(1, 8);
    expect(await sum(Float64Array.of(0, 1, 2, -1), 2, 1)).toBeCloseTo(1, 8);
  });

  it("are finite however far out a number is, and least for a category that was never seen", async () => {
    const { model } = await fitLatentClasses(await draw(TRUTH, key(1), 200), COLUMNS, { classes: 2 });
    const [far, farther, unseen, ...seen] = await logDensity(model, [1e5, 0, 0, -1e90, 1e90, 1, -5, 3, -1, -5, 3, 0, -5, 3, 1, -5, 3, 2]);
    expect([far, farther, unseen].every(Number.isFinite)).toBe(true);
    expect(unseen).toBeLessThan(Math.min(...seen));
  });
});

describe("fitting", () => {
  it.each([0, 0.2])("comes within 0.05 nats a row of a known mixture, with a share of %f of the cells missing", async (share) => {
    const [rows, held] = [holed(await draw(TRUTH, key(5), 3000), share), holed(await draw(TRUTH, key(6), 3000), share)];
    const { model, tried } = await fitLatentClasses(rows, COLUMNS, { seed: 1 });
    const lost = mean(await logDensity(TRUTH, held)) - mean(await logDensity(model, held));
    expect(lost).toBeLessThan(0.05);
    expect(lost).toBeGreaterThan(-0.05);
    expect(tried.find(({ classes }) => classes === 1)!.logDensity).toBeLessThan(tried.find(({ classes }) => classes === 3)!.logDensity - 0.5);
    expect((await fitLatentClasses(rows, COLUMNS, { seed: 1 })).model).toEqual(model);
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
  });

  it("never makes the posterior density less, from step to step", async () => {
    const rows = holed(await draw(TRUTH, key(8), 400), 0.1);
    const order = Uint32Array.from({ length: 400 }, (_, i) => i);
    const plans = planParts(COLUMNS, rows, order, true);
    const blocks = [...blocksOf(plans, rows, 3, order)];
    for (const classes of [1, 3, 7]) {
      const learner = new Learner(plans, 3, classes);
      atOnce(learner.step(blocks, firstClasses(plans, blocks[0]!, classes, key(3))));
      const path = Array.from({ length: 40 }, () => atOnce(learner.step(blocks)));
      path.slice(1).forEach((value, i) => expect(value).toBeGreaterThanOrEqual(path[i]! - 1e-6 * Math.abs(path[i]!)));
      expect(path.at(-1)).toBeGreaterThan(path[0]!);
    }
  });

  it("of one class gives each column's own mean, deviation and shares", async () => {
    const rows = holed(await draw(TRUTH, key(9), 1000), 0.1);
    const { model } = await fitLatentClasses(rows, COLUMNS, { classes: 1 });
    expect(model.weights).toEqual([1]);
    const cells = (column: number): Float64Array => rows.filter((value, i) => i % 3 === column && !Number.isNaN(value));
    for (const column of [0, 1]) {
      const part = model.parts[column] as Extract<(typeof model.parts)[0], { kind: "number" }>;
      // the few that are farther out are taken for draws from the broad distribution, as they are
      const own = cells(column).filter((value) => Math.abs(value) < 13);
      const sd = Math.sqrt(mean(own.map((value) => (value - mean(own)) ** 2)));
      expect(part.means[0]).toBeCloseTo(mean(own), 1);
      expect(part.sds[0]! / sd).toBeCloseTo(1, 2);
    }
    const colours = cells(2);
    for (const level of [0, 1, 2])
      expect(model.parts[2]!.shares[level]).toBeCloseTo(colours.filter((value) => value === level).length / colours.length, 3);
    const one = async (column: number): Promise<number> =>
      (
        await logDensity(
          model,
          [-5, 3, 1].map((value, c) => (c === column ? value : NaN)),
        )
      )[0]!;
    expect((await logDensity(model, [-5, 3, 1]))[0]).toBeCloseTo((await one(0)) + (await one(1)) + (await one(2)), 10);
  });

  const many = (row: (i: number) => readonly number[]): number[] => Array.from({ length: 60 }, (_, i) => row(i)).flat();
  const hard: [title: string, columns: readonly EncodedColumn[], rows: number[], classes?: number][] = [
    ["a column with one level", [category("a", ["x"]), number("b", 1)], many((i) => [0, (i * 37) % 60])],
    ["rows without any cell", [category("a", ["x", "y"]), number("b", 1)], many((i) => (i % 3 === 0 ? [NaN, NaN] : [i % 2, (i * 37) % 50]))],
    ["fewer rows than classes", [category("a", ["x", "y"]), number("b", 0.1)], [0, 1.5, 1, 2.5, 1, 9.1], 10],
    ["a single row", [category("a", ["x", "y"]), number("b", 0.1)], [0, 1.5]],
    ["a constant column without a grid", [number("a", 0), number("b", 1)], many((i) => [0.25, i])],
    ["a constant column on a grid", [number("a", 0.01), number("b", 1)], many((i) => [0.25, i])],
    ["two identical columns", [number("a", 0.1), number("b", 0.1)], many((i) => [i / 10, i / 10])],
    ["a column with no cell at all", [number("a", 0.1), number("b", 0)], many((i) => [NaN, i / 7])],
    [
      "2,000 levels",
      [
        category(
          "a",
          Array.from({ length: 2000 }, (_, i) => `l${i}`),
        ),
        number("b", 1),
      ],
      many((i) => [33 * i, i]),
    ],
  ];

  it.each(hard)("takes %s: densities are finite, and draws are too", async (_, columns, rows, classes) => {
    const { model } = await fitLatentClasses(rows, columns, classes === undefined ? {} : { classes, starts: 1 });
    if (classes !== undefined) expect(model.weights.length).toBe(classes);
    expect((await logDensity(model, rows)).every(Number.isFinite)).toBe(true);
    expect((await draw(model, key(1), 50)).every(Number.isFinite)).toBe(true);
  });

  it("says what is wrong with rows, and tells how far it is", async () => {
    await expect(fitLatentClasses([1, 2, 3], COLUMNS.slice(0, 2))).rejects.toThrow("got 3 values for 2 columns");
    await expect(fitLatentClasses([Infinity, 2], COLUMNS.slice(0, 2))).rejects.toThrow("numbers are within ±1e100, got Infinity in row 0");
    const told: WorkProgress[] = [];
    await fitLatentClasses(await draw(TRUTH, key(1), 300), COLUMNS, { onProgress: (progress) => told.push(progress) });
    expect(told.at(-1)!.done).toBe(told.at(-1)!.total);
    told.slice(1).forEach(({ done }, i) => expect(done).toBeGreaterThan(told[i]!.done));
    const abort = new AbortController();
    const stopped = fitLatentClasses(await draw(TRUTH, key(1), 300), COLUMNS, {
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("enough")),
    });
    await expect(stopped).rejects.toThrow("enough");
  });
});

describe("draws", () => {
  it("are like the rows, of the key alone, and keep the cells that are given", async () => {
    const rows = await draw(TRUTH, key(3), 4000);
    expect(await draw(TRUTH, key(3), 4000)).toEqual(rows);
    expect(await draw(TRUTH, key(4), 4000)).not.toEqual(rows);
    expect(mean(await logDensity(TRUTH, rows))).toBeCloseTo(mean(await logDensity(TRUTH, await draw(TRUTH, key(4), 4000))), 1);
    const given = Float64Array.from({ length: 3 * 2000 }, (_, i) => (i % 3 === 1 ? -3 : NaN));
    const filled = await drawMissing(TRUTH, given, key(5));
    const lengths = filled.filter((_, i) => i % 3 === 0);
    expect(filled.filter((_, i) => i % 3 === 1).every((value) => value === -3)).toBe(true);
    // a weight of −3 is of the second class
    expect(mean(lengths)).toBeCloseTo(0, 0);
    expect(lengths.every((value) => Math.abs(value * 10 - Math.round(value * 10)) < 1e-9)).toBe(true);
  });

  it("of dates are days of the years that there are, and a date's density is per day", async () => {
    const days = Array.from({ length: 400 }, (_, i) => new Date(Date.UTC(2019, 0, 1 + ((i * 7) % 730))).toISOString().slice(0, 10));
    const table = parseTable(`day,size\n${days.map((day, i) => `${day},${(i % 17) / 10}`).join("\n")}\n`);
    const columns = encodedColumns(table.schema);
    expect(columns[0]!.kind).toBe("date");
    const { values } = encodeRows(table.schema, table);
    const { model } = await fitLatentClasses(values, columns, { classes: 1 });
    const drawn = (await draw(model, key(1), 300)).filter((_, i) => i % 2 === 0);
    expect(drawn.every((day) => Number.isInteger(day) && day >= Date.UTC(2019) / 864e5 && day < Date.UTC(2021) / 864e5)).toBe(true);
    const all = Array.from({ length: 730 }, (_, i) => [Date.UTC(2019) / 864e5 + i, NaN]).flat();
    const sum = (await logDensity(model, all)).reduce((total, log) => total + Math.exp(log), 0);
    expect(sum).toBeGreaterThan(0.8);
    expect(sum).toBeLessThan(1);
  });
});
