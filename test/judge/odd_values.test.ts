import { describe, expect, test } from "vitest";
import { dataset } from "../../src/data/dataset.ts";
import { fitScaling, scaled, type Scaling, type ScalingKind } from "../../src/data/scaling.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { findOddValues, type OddValues, oddText, UnitsError } from "../../src/judge/odd_values.ts";
import { forEachBits, key, normalOf } from "../../src/random.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../src/vae/likelihoods/likelihood.ts";
import { Vae } from "../../src/vae/vae.ts";

const device = new CpuDevice();
const [ROWS, D] = [50, 4];
const model = (likelihood: Likelihood = gaussianLearned(), input = D): Vae =>
  new Vae(device, { input, hidden: [5], latent: 2, likelihood, seed: 3, activation: "tanh" });

/** Measurements with means 100, −5, 0 and 2000 and deviations of about 12, 1, 0.02 and 300. */
const numbers = new Float64Array(ROWS * D);
forEachBits(...key(4).words, ROWS * D, (i, bits) => (numbers[i] = normalOf(bits)));
const table = Float64Array.from(numbers, (z, i) => [100, -5, 0, 2000][i % D]! + [12, 1, 0.02, 300][i % D]! * z);
const changed = (change: (value: number, row: number, column: number) => number): Float64Array =>
  table.map((value, i) => change(value, Math.floor(i / D), i % D));

const found = async (values: Float64Array, scaling: Scaling = fitScaling("standard", table, D), vae = model()): Promise<OddValues[]> =>
  findOddValues(vae, dataset(device, scaled(values, D, scaling), { columns: D }), scaling);
const kinds = (odd: readonly OddValues[]): [string, readonly number[]][] => odd.map(({ kind, columns }) => [kind, columns]);

describe("values of a table beside those of training", () => {
  test("are not odd where they are the training rows, however these are scaled, with outliers and constant columns among them", async () => {
    const odd = changed((value, row, column) => (column === 1 ? 1e6 / 3 : column === 3 && row === 7 ? 1e9 : value));
    for (const kind of ["none", "minmax", "standard"] as const) {
      const scaling = fitScaling(kind, odd, D);
      expect([kind, kinds(await found(odd, scaling))]).toEqual([kind, []]);
    }
  });

  test("are noted with the columns and the farthest value where some are far out", async () => {
    const odd = await found(changed((value, row, column) => (row === 3 && column > 1 ? -9999 : value)));
    expect(kinds(odd)).toEqual([["far", [2, 3]]]);
    expect(odd[0]!.farthest).toMatchObject({ row: 3, column: 2 });
    expect(oddText(odd[0]!)).toMatch(
      /^values more than 10 times as far out as in training in columns 2, 3; the farthest is -\d+.* at row 3, column 2$/,
    );
  });

  test("are noted, not taken for other units, where rows resemble each other, in all columns", async () => {
    const near = changed((_, row, column) => table[column]! * (1 + 1e-6 * row));
    expect(kinds(await found(near))).toEqual([["spread", [0, 1, 2, 3]]]);
  });

  test.each<[string, (value: number, row: number, column: number) => number, number[]]>([
    ["thousand times greater", (value) => 1000 * value, [0, 1, 2, 3]],
    ["thousand times less", (value) => value / 1000, [0, 1, 2, 3]],
    ["scaled already", (_, row, column) => numbers[row * D + column]!, [0, 2, 3]],
    ["a thousand times greater in one whole column", (value, _, column) => (column === 0 ? 1000 * value : value), [0]],
  ])("look to be in other units where they are %s", async (_, change, columns) => {
    expect(kinds(await found(changed(change)))).toEqual([["units", columns]]);
  });

  test("columns that are constant, here or in training, do not count, and new values of them are noted", async () => {
    const constant = (value: number, column: number): number => (column > 0 ? 1e6 / 3 : value);
    const scaling = fitScaling(
      "standard",
      changed((value, _, column) => constant(value, column)),
      D,
    );
    expect(
      kinds(
        await found(
          changed((value, _, column) => constant(1000 * value, column)),
          scaling,
        ),
      ),
    ).toEqual([["units", [0]]]);
    expect(
      kinds(
        await found(
          changed((value, _, column) => constant(value, column) + (column === 2 ? 1 : 0)),
          scaling,
        ),
      ),
    ).toEqual([["constant", [2]]]);
    expect(kinds(await found(changed((value, row, column) => (column === 1 ? -5 : row > 100 ? 0 : value))))).toEqual([]);
  });

  test("are never other units in one odd row", async () => {
    const scaling = fitScaling("standard", table, D);
    expect(kinds(await found(Float64Array.of(-9999, -9999, -9999, -9999), scaling))).toEqual([["far", [0, 1, 2, 3]]]);
  });
});

describe("values of pictures beside those of training", () => {
  const grey = Float64Array.from({ length: ROWS * D }, (_, i) => (i % 3 === 0 ? 0 : ((i * 37) % 256) / 255));
  const unit = (scale: number): Scaling => ({ kind: "unit", scale: [scale], shift: [0] });
  const none: Scaling = { kind: "none", scale: [1], shift: [0] };
  const of = (values: Float64Array, scaling: Scaling): Promise<OddValues[]> => found(values, scaling, model(bernoulli()));

  test("beyond 1 are noted, and look to be in other units where most of them are far beyond", async () => {
    expect(kinds(await of(grey, none))).toEqual([]);
    expect(
      kinds(
        await of(
          grey.map((value, i) => (i === 5 ? 1.5 : value)),
          none,
        ),
      ),
    ).toEqual([["range", [1]]]);
    expect(
      kinds(
        await of(
          grey.map((value, i) => (i === 5 ? 1e30 : value)),
          none,
        ),
      ),
    ).toEqual([["range", [1]]]);
    expect(
      (
        await of(
          grey.map((value) => 255 * value),
          none,
        )
      )[0],
    ).toMatchObject({ kind: "units", columns: [0, 1, 2, 3] });
  });

  test("that are all within 1 are those of a model of 0 to 255 divided already, unless all are black", async () => {
    expect(
      kinds(
        await of(
          grey.map((value) => 255 * value),
          unit(1 / 255),
        ),
      ),
    ).toEqual([]);
    expect(kinds(await of(grey, unit(1 / 255)))).toEqual([["units", [0, 1, 2, 3]]]);
    expect(kinds(await of(new Float64Array(ROWS * D), unit(1 / 255)))).toEqual([]);
  });
});

describe("evaluate", () => {
  const standard = fitScaling("standard" satisfies ScalingKind, table, D);

  test("asks for asIs where units look wrong, and scores with it", async () => {
    const rows = dataset(
      device,
      scaled(
        table.map((value) => value / 50),
        D,
        standard,
      ),
      { columns: D },
    );
    const vae = model();
    const refused = evaluate(vae, rows, { scaling: standard });
    await expect(refused).rejects.toThrow(UnitsError);
    await expect(refused).rejects.toThrow(
      /^evaluate: data is in the units of the training rows, found values that look .* \(.*asIs: true scores it as it is\)$/,
    );
    const got = await evaluate(vae, rows, { scaling: standard, asIs: true });
    expect([got.rows, got.odd[0]!.kind, Number.isFinite(got.negElbo.mean)]).toEqual([ROWS, "units", true]);
  });

  test("scores what a Bernoulli knows no probability of by its formula, with importance weights too", async () => {
    const rows = dataset(device, Float32Array.of(0, 1, 1.25, 0, 1, 1, 0, -0.5), { columns: D });
    const got = await evaluate(model(bernoulli()), rows, { nllSamples: 3 });
    expect([kinds(got.odd), got.rows, got.nll!.rows, Number.isFinite(got.nll!.nll.mean)]).toEqual([[["range", [2, 3]]], 2, 2, true]);
  });

  test("leaves out rows without a finite loss, and gives the others their numbers", async () => {
    const vae = model();
    const odd = scaled(
      changed((value, row) => (row === 3 ? 1e36 * value : value)),
      D,
      standard,
    );
    const [whole, kept] = [
      await evaluate(vae, dataset(device, odd, { columns: D }), { scaling: standard, nllSamples: 4 }),
      await evaluate(vae, dataset(device, scaled(table, D, standard), { columns: D }), { scaling: standard, nllSamples: 4 }),
    ];
    expect([whole.leftOut, whole.rows, whole.nll!.leftOut, whole.nll!.rows]).toEqual([[3], ROWS - 1, [3], ROWS - 1]);
    expect(whole.nll!.ofRows.filter((_, row) => row !== 3)).toEqual(kept.nll!.ofRows.filter((_, row) => row !== 3));
    expect([whole.nll!.ofRows[3], kept.leftOut, whole.posteriors]).toEqual([NaN, [], ROWS - 1]);
    expect(Number.isFinite(whole.mutualInformation.mean + whole.reconstructionError.mean)).toBe(true);
  });
});
