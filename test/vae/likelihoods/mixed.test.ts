/** Models of tables: trained on cells of several kinds of which some are missing, on every device, saved and loaded. */
import { expect, test } from "vitest";
import { dataset, type Dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { evaluate } from "../../../src/judge/evaluate.ts";
import { estimateNll } from "../../../src/judge/nll.ts";
import { gaussianMixture, categorical, mixed, type ColumnOfTable, tableLikelihoods } from "../../../src/tables.ts";
import { key } from "../../../src/random.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import { load } from "../../../src/vae/files/load.ts";
import { save } from "../../../src/vae/files/save.ts";
import { iwaeObjective } from "../../../src/vae/objectives/iwae_objective.ts";
import { vampPrior } from "../../../src/vae/priors/vamp_prior.ts";
import { train } from "../../../src/vae/training/train.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { normals, onEachDevice } from "../../support/conformance.ts";

const COLUMNS: readonly ColumnOfTable[] = [
  { kind: "number", components: 2, step: 0.25, floor: 0.08 },
  { kind: "number", components: 1, step: 0, floor: 0.01 },
  { kind: "category", levels: 3 },
];
const ROWS = 210;

/** Three clusters, each with a level of its own; every eleventh cell is missing. */
function cellsOfClusters(): Float64Array {
  const noise = normals(7, [ROWS, 2]).data;
  return Float64Array.from({ length: 3 * ROWS }, (_, i) => {
    const [row, column] = [Math.floor(i / 3), i % 3];
    const cluster = row % 3;
    if (i % 11 === 5) return NaN;
    if (column === 2) return cluster;
    const value = 1.2 * (cluster - 1) * (column === 0 ? 1 : -1) + 0.3 * noise[2 * row + column]!;
    return column === 0 ? Math.round(4 * value) / 4 : value;
  });
}

const dataOn = (device: Device): Dataset => dataset(device, cellsOfClusters(), { columns: 3 });
const modelOn = (device: Device): Vae => new Vae(device, { input: 3, hidden: [16], latent: 2, likelihood: mixed(COLUMNS), seed: 1 });

async function negElbos(vae: Vae, data: Dataset, epochs: number, options: object = {}): Promise<number[]> {
  const reports: number[] = [];
  for await (const { negElbo } of train(vae, data, { epochs, batchSize: Math.min(32, data.rows), seed: 2, learningRate: 0.01, ...options }))
    reports.push(negElbo);
  return reports;
}

await onEachDevice((device) => {
  test("a mixed model learns a table with missing cells, and another prior and objective do as well", async () => {
    const [vae, data] = [modelOn(device), dataOn(device)];
    const reports = await negElbos(vae, data, 12);
    expect(reports.every(Number.isFinite)).toBe(true);
    expect(reports.at(-1)!).toBeLessThan(reports[0]! - 0.8);
    const other = new Vae(device, { ...vae.config, prior: vampPrior({ pseudoInputs: 5 }) });
    expect((await negElbos(other, data, 2, { objective: iwaeObjective({ samples: 3 }) })).every(Number.isFinite)).toBe(true);
    [vae, other, data].forEach((one) => one.dispose());
  });
});

test("the devices agree on it, step by step", async () => {
  const runs: number[][] = [];
  for (const name of ["cpu", "wasm"] as const) {
    const device = await openDevice(name);
    runs.push(await negElbos(modelOn(device), dataOn(device), 2));
    await device.close();
  }
  runs[0]!.forEach((value, i) => expect(Math.abs(value - runs[1]![i]!)).toBeLessThan(1e-4 * Math.abs(value)));
});

test("it is evaluated, drawn from, saved and loaded; who does not know its likelihood is told where it is", async () => {
  const device = await openDevice("wasm");
  const [vae, data] = [modelOn(device), dataOn(device)];
  await negElbos(vae, data, 20);
  const { negElbo } = await evaluate(vae, data, { seed: 3 });
  const { nll } = await estimateNll(vae, data, { samples: 64, seed: 3 });
  expect(nll.mean).toBeLessThanOrEqual(negElbo.mean + 0.05);
  const drawn = await vae.sample(300, key(4), { draw: "sample" });
  const levels = drawn.filter((_, i) => i % 3 === 2);
  expect(new Set(levels)).toEqual(new Set([0, 1, 2]));
  const means = [0, 1, 2].map((k) => meanOf(drawn.filter((_, i) => i % 3 === 0 && drawn[i + 2] === k)));
  expect(means[0]!).toBeLessThan(means[1]! - 0.5);
  expect(means[1]!).toBeLessThan(means[2]! - 0.5);
  const bytes = await save(vae);
  const { vae: again } = load(device, bytes, { likelihoods: tableLikelihoods });
  expect(await again.sample(20, key(9), { draw: "sample" })).toEqual(await vae.sample(20, key(9), { draw: "sample" }));
  const decoder = await again.decoder();
  again.dispose();
  expect(await decoder.sample(20, key(9), { draw: "sample" })).toEqual(await vae.sample(20, key(9), { draw: "sample" }));
  expect(() => load(device, bytes)).toThrow("pass those of elbograd/tables: load(device, bytes, { likelihoods: tableLikelihoods })");
  await device.close();
});

const meanOf = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

test("missing cells, other levels and other sizes are refused by who does not take them", async () => {
  const device = await openDevice("cpu");
  const data = dataOn(device);
  const plain = new Vae(device, { input: 3, hidden: [4], latent: 1, likelihood: gaussian({ variance: 1 }), seed: 1 });
  await expect(negElbos(plain, data, 1)).rejects.toThrow(
    "train: data is finite, found NaN at row 1, column 2: a missing cell, of 57 (fill them, or use mixed() of elbograd/tables, which takes them)",
  );
  const two = new Vae(device, { ...plain.config, likelihood: mixed([...COLUMNS.slice(0, 2), { kind: "category", levels: 2 }]) });
  await expect(negElbos(two, data, 1)).rejects.toThrow("mixed: column 2 holds levels, whole numbers from 0 to 1, found 2");
  expect(() => new Vae(device, { ...plain.config, input: 4, likelihood: mixed(COLUMNS) })).toThrow(
    "mixed: the table has 3 columns, got a model of 4",
  );
  expect(() => mixed([{ kind: "number", components: 0, step: 0, floor: 1 }])).toThrow("mixed: column 0 has components, 1 to 64");
  expect(() => mixed([{ kind: "category", levels: 0 }])).toThrow("mixed: column 0 has levels, 1 to 100000");
  const infinite = dataset(device, [1, Infinity, 0], { columns: 3 });
  await expect(negElbos(modelOn(device), infinite, 1)).rejects.toThrow("train: data is finite, found Infinity at row 0, column 1");
  await device.close();
});

test("categories alone and mixtures alone are likelihoods too, and a column that is never seen costs nothing", async () => {
  const device = await openDevice("cpu");
  const levels = dataset(device, [0, 1, 2, NaN, 1, 0, NaN, 1], { columns: 2 });
  const own = new Vae(device, { input: 2, hidden: [], latent: 1, likelihood: categorical(3), seed: 1 });
  expect((await negElbos(own, levels, 2)).every(Number.isFinite)).toBe(true);
  const numbers = dataset(device, [0.5, NaN, -1, NaN, 2, NaN], { columns: 2 });
  const mixture = new Vae(device, { input: 2, hidden: [], latent: 1, likelihood: gaussianMixture({ components: 3 }), seed: 1 });
  expect((await negElbos(mixture, numbers, 2)).every(Number.isFinite)).toBe(true);
  await device.close();
});
