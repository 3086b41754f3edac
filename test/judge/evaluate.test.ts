import { describe, expect, test } from "vitest";
import { batchOf, dataset, type Dataset } from "../../src/data/dataset.ts";
import { fitScaling, scaled, type Scaling, unscaled } from "../../src/data/scaling.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import type { Evaluation } from "../../src/judge/evaluation.ts";
import { AggregatePosterior } from "../../src/judge/information.ts";
import { Moments } from "../../src/judge/moments.ts";
import { estimateNll } from "../../src/judge/nll.ts";
import { forEachBits, normalOf } from "../../src/random.ts";
import { streams } from "../../src/streams.ts";
import { tensor } from "../../src/tensor.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../src/vae/likelihoods/likelihood.ts";
import { elbo } from "../../src/vae/objectives/elbo.ts";
import { Vae } from "../../src/vae/vae.ts";
import { onEachDevice } from "../support/conformance.ts";

const [ROWS, D, L] = [23, 6, 3];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (i * 71 + (i >> 2)) % 256);

const model = (device: Device, likelihood: Likelihood = bernoulli()): Vae =>
  new Vae(device, { input: D, hidden: [5], latent: L, likelihood, seed: 9, activation: "tanh" });
const data = (device: Device): Dataset => dataset(device, bytes, { columns: D, scale: 1 / 255 });

/** The noise of all rows as the documentation states it: row r is the stream of streams.evaluationNoise(seed, r). */
function noise(seed: number): Float64Array {
  const all = new Float64Array(ROWS * L);
  for (let r = 0; r < ROWS; r++) {
    const [k0, k1] = streams.evaluationNoise(seed, r).words;
    forEachBits(k0, k1, L, (l, bits) => (all[r * L + l] = normalOf(bits)));
  }
  return all;
}

const average = (values: readonly number[]): number => values.reduce((total, v) => total + v, 0) / values.length;
const standardError = (values: readonly number[]): number => {
  const mean = average(values);
  return Math.sqrt(values.reduce((total, v) => total + (v - mean) ** 2, 0) / (values.length - 1) / values.length);
};

/** All numbers of an evaluation, in one order. */
const flat = (e: Evaluation): number[] => [
  ...[e.negElbo, e.reconstruction, e.kl].flatMap(({ mean, standardError: se }) => [mean, se]),
  ...e.klPerDimension,
  e.activeUnits,
  ...[e.mutualInformation, e.reconstructionError, e.bitsPerDimension].flatMap(({ mean, standardError: se }) => [mean, se]),
  e.aggregateGap,
];

const expectNear = (got: readonly number[], want: readonly number[], tolerance: number): void => {
  expect(got.length).toBe(want.length);
  got.forEach((v, i) =>
    expect(Math.abs(v - want[i]!), `number ${i}: ${v} and ${want[i]}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(want[i]!))),
  );
};

/** f32 sums of up to 6 outputs over 5 hidden units, and 64 ulp for the devices' exp and log. */
const ROUNDING = (D + 5 + 64) * 2 ** -23;

await onEachDevice((device) => {
  test("evaluate is the averages of elbo on the same noise, with standard errors over the examples", async () => {
    const [vae, rows] = [model(device, gaussianLearned()), data(device)];
    const { reconstruction, kl, meanLogVar } = elbo(vae, batchOf(rows, ROWS), { noise: tensor(device, noise(4), [ROWS, L]) });
    const [r, k] = [[...(await reconstruction.read())], [...(await kl.read())]];
    const both = await meanLogVar.read();
    const share = (l: number, b: number): number => {
      const [mean, logVar] = [both[b * 2 * L + l]!, both[b * 2 * L + L + l]!];
      return 0.5 * (mean ** 2 + Math.exp(logVar) - 1 - logVar);
    };
    const sums = r.map((v, b) => v + k[b]!);
    const got = await evaluate(vae, rows, { seed: 4 });
    expectNear(
      flat(got).slice(0, 6 + L),
      [sums, r, k].flatMap((v) => [average(v), standardError(v)]).concat([0, 1, 2].map((l) => average(r.map((_, b) => share(l, b))))),
      ROUNDING,
    );
    expect(got.rows).toBe(ROWS);
    expect(got.klPerDimension.reduce((total, v) => total + v, 0)).toBeCloseTo(got.kl.mean, 12);
    expect(got.negElbo.mean).toBeCloseTo(got.reconstruction.mean + got.kl.mean, 12);
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("evaluate gives the same numbers twice, other ones for another seed, and leaves model and memory as they were", async () => {
    const [vae, rows] = [model(device), data(device)];
    const before = await device.read(vae.parameters.value);
    const { live } = device.memory();
    const first = await evaluate(vae, rows, { seed: 1 });
    expect(await evaluate(vae, rows, { seed: 1 })).toEqual(first);
    const other = await evaluate(vae, rows, { seed: 2 });
    expect(other.reconstruction.mean).not.toBe(first.reconstruction.mean);
    expect(other.kl).toEqual(first.kl);
    expect(await evaluate(vae, rows)).toEqual(await evaluate(vae, rows, { seed: 0 }));
    expect(device.memory().live).toBe(live);
    expect(await device.read(vae.parameters.value)).toEqual(before);
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("the batch size changes nothing but rounding, and all devices agree within it", async () => {
    const [vae, rows] = [model(device), data(device)];
    const whole = flat(await evaluate(vae, rows, { seed: 3 }));
    for (const batchSize of [1, 5, 23, 1000]) expectNear(flat(await evaluate(vae, rows, { seed: 3, batchSize })), whole, ROUNDING);
    const f64 = new CpuDevice({ precision: "f64" });
    expectNear(whole, flat(await evaluate(model(f64), data(f64), { seed: 3 })), ROUNDING);
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("a latent is active where its posterior mean varies by more than the threshold over the data", async () => {
    const [vae, rows] = [model(device), data(device)];
    // hidden unit 0 follows pixel 0; mean 0 varies with it, mean 1 by a hundredth of that, mean 2 not at all
    for (const [name, first] of [
      ["encoder.0.weight", [2]],
      ["heads.weight", [1, 0.01, 0]],
    ] as const) {
      const { slice, size } = vae.parameters.tensors.get(name)!;
      device.write(
        slice,
        Float64Array.from({ length: size }, (_, i) => first[i] ?? 0),
      );
    }
    const { mean } = await vae.posterior(rows);
    const varianceOf = (l: number): number => {
      const column = Array.from({ length: ROWS }, (_, b) => mean[b * L + l]!);
      return average(column.map((v) => (v - average(column)) ** 2));
    };
    const got = await evaluate(vae, rows);
    const active = [0, 1, 2].filter((l) => varianceOf(l) > got.threshold);
    expect([got.activeUnits, got.threshold, active]).toEqual([1, 0.01, [0]]);
    [vae, rows].forEach((owner) => owner.dispose());
  });
});

const SEED = 3;

describe("the information in the latents", () => {
  const aggregate = (rows: number, posterior: (row: number) => readonly [means: number[], logVars: number[]]): AggregatePosterior => {
    const all = new AggregatePosterior(rows, posterior(0)[0].length);
    for (let row = 0; row < rows; row++) all.add(row, Float64Array.from(posterior(row).flat()));
    return all;
  };

  test("is 0 where all posteriors are the same, whatever they are", async () => {
    const { mutualInformation, posteriors, draws } = await aggregate(50, () => [
      [1, -2],
      [0.5, -3],
    ]).information(SEED);
    expect(mutualInformation.mean).toBeCloseTo(0, 12);
    expect([mutualInformation.standardError < 1e-12, posteriors, draws]).toEqual([true, 50, 50]);
  });

  test("is log M where none of M posteriors meets another", async () => {
    const { mutualInformation } = await aggregate(40, (row) => [[10 * row], [-2]]).information(SEED);
    expect(mutualInformation.mean).toBeCloseTo(Math.log(40), 12);
  });

  test("and the gap of the aggregate posterior, computed by its definition, add up to the kl", async () => {
    const rows = 200;
    const [mean, logVar] = [(row: number) => Math.sin(row) + 0.3, (row: number) => -1 + 0.5 * Math.cos(3 * row)];
    const { mutualInformation } = await aggregate(rows, (row) => [[mean(row)], [logVar(row)]]).information(SEED);
    const each = <T>(f: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => f(row));
    const z = each((row) => {
      const [k0, k1] = streams.evaluationNoise(SEED, row).words;
      let drawn = 0;
      forEachBits(k0, k1, 1, (_, bits) => (drawn = mean(row) + Math.exp(0.5 * logVar(row)) * normalOf(bits)));
      return drawn;
    });
    // log-densities but for ½·log 2π, which all have in common
    const prior = (value: number): number => -0.5 * value * value;
    const posterior = (m: number, value: number): number => -0.5 * ((value - mean(m)) ** 2 / Math.exp(logVar(m)) + logVar(m));
    const gaps = each((row) => Math.log(average(each((m) => Math.exp(posterior(m, z[row]!))))) - prior(z[row]!));
    const drawnKl = each((row) => posterior(row, z[row]!) - prior(z[row]!));
    expect(mutualInformation.mean + average(gaps)).toBeCloseTo(average(drawnKl), 12);
    const kl = average(each((row) => 0.5 * (mean(row) ** 2 + Math.exp(logVar(row)) - 1 - logVar(row))));
    expect(Math.abs(average(drawnKl) - kl)).toBeLessThanOrEqual(4 * standardError(drawnKl));
  });

  test("of many rows is that of rows spread evenly among them", async () => {
    const rows = 25_000;
    const { mutualInformation, posteriors, draws } = await aggregate(rows, (row) => [[row / rows], [0]]).information(SEED);
    expect([posteriors, draws]).toEqual([10_000, 1000]);
    // row ⌊2.5m⌋ is posterior m, and every tenth posterior has a draw, with the noise of its row
    const kept = Array.from({ length: posteriors }, (_, m) => Math.floor(2.5 * m) / rows);
    const terms = Array.from({ length: draws }, (_, i) => {
      let noise = 0;
      forEachBits(...streams.evaluationNoise(SEED, 25 * i).words, 1, (_l, bits) => (noise = normalOf(bits)));
      const z = kept[10 * i]! + noise;
      return -0.5 * noise ** 2 - Math.log(average(kept.map((mean) => Math.exp(-0.5 * (z - mean) ** 2))));
    });
    expect(mutualInformation.mean).toBeCloseTo(average(terms), 12);
    expect(mutualInformation.standardError).toBeCloseTo(standardError(terms), 12);
  });
});

describe("evaluate", () => {
  const device = new CpuDevice();

  test("a collapsed model keeps no information, and its kl is all gap", async () => {
    const vae = model(device);
    const heads = vae.parameters.tensors.get("heads.weight")!;
    device.write(heads.slice, new Float64Array(heads.size));
    const got = await evaluate(vae, data(device));
    expect(got.mutualInformation.mean).toBeCloseTo(0, 12);
    expect([got.activeUnits, got.kl.mean > 0.001]).toEqual([0, true]);
    expect(got.aggregateGap).toBeCloseTo(got.kl.mean, 12);
  });

  test("reconstruction error and bits per dimension are in the units of the data", async () => {
    const raw = Float64Array.from({ length: ROWS * D }, (_, i) => 100 + ((i * 37) % 50) * (1 + (i % D)));
    const scaling = fitScaling("standard", raw, D);
    const vae = model(device, gaussianLearned());
    const rows = dataset(device, scaled(raw, D, scaling), { columns: D });
    const [inUnits, asSeen] = [await evaluate(vae, rows, { scaling }), await evaluate(vae, rows)];
    const made = unscaled(await vae.reconstruct(rows), D, scaling);
    const squared = Array.from({ length: ROWS }, (_, r) => average(Array.from({ length: D }, (_, d) => (raw[r * D + d]! - made[r * D + d]!) ** 2)));
    expectNear([inUnits.reconstructionError.mean, inUnits.reconstructionError.standardError], [average(squared), standardError(squared)], ROUNDING);
    const nats = inUnits.negElbo.mean;
    const logScale = scaling.scale.reduce((sum, scale) => sum + Math.log(scale), 0);
    expect(inUnits.bitsPerDimension.mean).toBeCloseTo((nats - logScale) / (D * Math.log(2)), 12);
    expect(asSeen.bitsPerDimension.mean).toBeCloseTo(nats / (D * Math.log(2)), 12);
    expect(asSeen.negElbo).toEqual(inUnits.negElbo);
  });

  test("one scale counts for every column of a density, and for none of probabilities", async () => {
    const scaling: Scaling = { kind: "unit", scale: [1 / 255], shift: [0] };
    const density = await evaluate(model(device, gaussianLearned()), data(device), { scaling });
    expect(density.bitsPerDimension.mean).toBeCloseTo(density.negElbo.mean / (D * Math.log(2)) + Math.log2(255), 12);
    const discrete = await evaluate(model(device), data(device), { scaling });
    expect(discrete.bitsPerDimension.mean).toBeCloseTo(discrete.negElbo.mean / (D * Math.log(2)), 12);
    expect(discrete.reconstructionError.mean).toBeGreaterThan(1000);
  });

  test("with nllSamples −log p(x) is estimated too, and bits per dimension are of it", async () => {
    const [vae, rows] = [model(device), data(device)];
    const got = await evaluate(vae, rows, { nllSamples: 30, seed: 2 });
    expect(got.nll).toEqual(await estimateNll(vae, rows, { samples: 30, seed: 2 }));
    expect(got.bitsPerDimension.mean).toBeCloseTo(got.nll!.nll.mean / (D * Math.log(2)), 12);
    expect((await evaluate(vae, rows, { seed: 2 })).nll).toBeUndefined();
  });

  test("says what is wrong with data, options and weights", async () => {
    const vae = model(device);
    const refused = (values: ArrayLike<number>, columns: number): Promise<Evaluation> =>
      evaluate(vae, dataset(device, Float32Array.from(values), { columns }));
    await expect(refused([0, 1, 0, 1], 4)).rejects.toThrow(new RangeError("evaluate: the model has 6 inputs, the data set 4 columns"));
    await expect(refused([0, 0, NaN, 0, 0, 0], 6)).rejects.toThrow(
      new RangeError(
        "evaluate: data is finite, found NaN at row 0, column 2: a missing cell, of 1 (fill them, or use mixed() of elbograd/tables, which takes them)",
      ),
    );
    await expect(evaluate(vae, data(new CpuDevice()))).rejects.toThrow("evaluate: model and data are on different devices (cpu and cpu)");
    await expect(evaluate(vae, data(device), { batchSize: 0 })).rejects.toThrow("evaluate: batchSize is a whole number of at least 1, got 0");
    await expect(evaluate(vae, data(device), { nllSamples: 0 })).rejects.toThrow("evaluate: nllSamples is a whole number of at least 1, got 0");
    const short: Scaling = { kind: "standard", scale: [1, 2], shift: [0, 0] };
    await expect(evaluate(vae, data(device), { scaling: short })).rejects.toThrow("scaling has one scale, or one for each of 6 columns, got 2");
    await expect(evaluate(vae, data(device), { seed: -1 })).rejects.toThrow("evaluate: seed is a whole number of at least 0, got -1");
    device.write(vae.parameters.tensors.get("output.bias")!.slice, new Float64Array(D).fill(NaN));
    await expect(evaluate(vae, data(device))).rejects.toThrow("evaluate: losses are finite, got reconstruction NaN and kl");
  });

  test("one example has averages and no standard error", async () => {
    const got = await evaluate(model(device), dataset(device, bytes.subarray(0, D), { columns: D, scale: 1 / 255 }));
    expect([got.rows, Number.isFinite(got.negElbo.mean), got.negElbo.standardError, got.activeUnits]).toEqual([1, true, NaN, 0]);
  });
});

test("moments do not cancel for numbers far from 0", () => {
  const moments = new Moments();
  const values = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16];
  values.forEach((v) => moments.add(v));
  expect(moments.mean).toBe(1e9 + 10);
  expect(moments.variance).toBe(22.5);
  expect(moments.estimate().standardError).toBeCloseTo(Math.sqrt(7.5), 12);
});
