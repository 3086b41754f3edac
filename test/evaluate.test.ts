import { describe, expect, test } from "vitest";
import { batchOf, dataset, type Dataset } from "../src/data/dataset.ts";
import { CpuDevice } from "../src/device/cpu.ts";
import type { Device } from "../src/device/device.ts";
import { evaluate, type Evaluation } from "../src/judge/evaluate.ts";
import { Moments } from "../src/judge/moments.ts";
import { forEachBits, key, normalOf } from "../src/random.ts";
import { tensor } from "../src/tensor.ts";
import { elbo } from "../src/vae/elbo.ts";
import { bernoulli, gaussianLearned, type Likelihood } from "../src/vae/likelihoods.ts";
import { Vae } from "../src/vae/vae.ts";
import { onEachDevice } from "./conformance.ts";

const [ROWS, D, L] = [23, 6, 3];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (i * 71 + (i >> 2)) % 256);

const model = (device: Device, likelihood: Likelihood = bernoulli()): Vae =>
  new Vae(device, { input: D, hidden: [5], latent: L, likelihood, seed: 9, activation: "tanh" });
const data = (device: Device): Dataset => dataset(device, bytes, { columns: D, scale: 1 / 255 });

/** The noise of all rows as the documentation states it: row r is the stream of key(seed).fold(r). */
function noise(seed: number): Float64Array {
  const all = new Float64Array(ROWS * L);
  for (let r = 0; r < ROWS; r++) {
    const [k0, k1] = key(seed).fold(r).words;
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
    const heads = vae.parameters.tensors.get("heads.weight")!;
    const weights = new Float64Array(heads.size);
    // hidden unit 0 follows pixel 0; mean 0 varies with it, mean 1 by a tenth of what would count, mean 2 not at all
    weights.set([1, 0.01, 0], 0);
    device.write(heads.slice, weights);
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

describe("evaluate", () => {
  const device = new CpuDevice();

  test("says what is wrong with data, options and weights", async () => {
    const vae = model(device);
    const refused = (values: ArrayLike<number>, columns: number): Promise<Evaluation> =>
      evaluate(vae, dataset(device, Float32Array.from(values), { columns }));
    await expect(refused([0, 1, 0, 1], 4)).rejects.toThrow(new RangeError("evaluate: the model has 6 inputs, the data set 4 columns"));
    await expect(refused([0, 0, NaN, 0, 0, 0], 6)).rejects.toThrow(new RangeError("evaluate: data is finite, found NaN at row 0, column 2"));
    await expect(refused([0, 0, 0, 0, 2, 0], 6)).rejects.toThrow("bernoulli: data must lie in [0, 1], found 2 at row 0, column 4");
    await expect(evaluate(vae, data(new CpuDevice()))).rejects.toThrow("evaluate: model and data are on different devices (cpu and cpu)");
    await expect(evaluate(vae, data(device), { batchSize: 0 })).rejects.toThrow("evaluate: batchSize is a whole number of at least 1, got 0");
    await expect(evaluate(vae, data(device), { seed: -1 })).rejects.toThrow("key: seed is a whole number from 0 to 2^53 − 1, got -1");
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
