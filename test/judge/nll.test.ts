import { describe, expect, test } from "vitest";
import { batchOf, type Dataset, dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { GroupedBound, LogWeights } from "../../src/judge/log_weights.ts";
import { estimateNll, logWeights, posteriorOf } from "../../src/judge/nll.ts";
import { forEachBits, normalOf } from "../../src/random.ts";
import { streams } from "../../src/streams.ts";
import { tensor } from "../../src/tensor.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussian } from "../../src/vae/likelihoods/gaussian.ts";
import { elbo } from "../../src/vae/objectives/elbo.ts";
import { Vae } from "../../src/vae/vae.ts";
import { devices, normals, onEachDevice } from "../support/conformance.ts";
import { binaryDataset, binaryImages, judged, LATENT, trainedVae } from "../support/trained_vae.ts";

/** More rows than share a key. */
const [ROWS, D, L] = [261, 6, 3];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (i * 71 + (i >> 2)) % 256);
const model = (device: Device): Vae => new Vae(device, { input: D, hidden: [5], latent: L, likelihood: bernoulli(), seed: 9, activation: "tanh" });
const data = (device: Device, rows = ROWS): Dataset => dataset(device, bytes.subarray(0, rows * D), { columns: D, scale: 1 / 255 });

/** f32 sums of up to 6 outputs over 5 hidden units and 3 latents, and 64 ulp for the devices' exp, log and normal numbers. */
const ROUNDING = (D + 5 + L + 64) * 2 ** -23;

const expectNear = (got: ArrayLike<number>, want: ArrayLike<number>, tolerance: number): void => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < got.length; i++) {
    const [g, w] = [got[i]!, want[i]!];
    expect(Math.abs(g - w), `number ${i}: ${g} and ${w}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(w)));
  }
};

/** The noise of row r and samples 0 … S − 1, [S, L], as the documentation states it. */
function noiseOf(seed: number, r: number, S: number): Float64Array {
  const noise = new Float64Array(S * L);
  for (let s = 0; s < S; s++) {
    const [k0, k1] = streams.importanceNoise(seed, Math.floor(r / 256), Math.floor(s / 16)).words;
    const first = ((s % 16) * 256 + (r % 256)) * L;
    forEachBits(k0, k1, first + L, (i, bits) => i >= first && (noise[s * L + i - first] = normalOf(bits)));
  }
  return noise;
}

await onEachDevice((device) => {
  test("an example's −log p(x) is the mean of its importance weights, with the noise that the documentation states", async () => {
    const [vae, rows] = [model(device), data(device)];
    const S = 20;
    const { ofRows } = await estimateNll(vae, rows, { samples: S, seed: 4 });
    for (const r of [0, 255, 256, 260]) {
      const noise = noiseOf(4, r, S);
      const pass = elbo(vae, batchOf(rows, 1, r), { noise: tensor(device, noise, [S, L]), samples: S });
      const [reconstruction, z, both] = [await pass.reconstruction.read(), await pass.z.read(), await pass.meanLogVar.read()];
      const weights = Array.from({ length: S }, (_, s) => {
        let log = -reconstruction[s]!;
        for (let l = 0; l < L; l++) log += 0.5 * (noise[s * L + l]! ** 2 - z[s * L + l]! ** 2 + both[L + l]!);
        return Math.exp(log);
      });
      expectNear([ofRows[r]!], [-Math.log(weights.reduce((a, b) => a + b) / S)], ROUNDING);
    }
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("the size of a batch changes nothing but rounding, nor do the rows that follow, and memory stays as it was", async () => {
    const [vae, rows, few] = [model(device), data(device), data(device, 30)];
    const { live } = device.memory();
    const whole = await estimateNll(vae, rows, { samples: 20, seed: 3 });
    expect(device.memory().live).toBe(live);
    for (const batchSize of [100, 1500])
      expectNear((await estimateNll(vae, rows, { samples: 20, seed: 3, batchSize })).ofRows, whole.ofRows, ROUNDING);
    for (const batchSize of [7, 4096]) {
      expectNear((await estimateNll(vae, few, { samples: 20, seed: 3, batchSize })).ofRows, whole.ofRows.subarray(0, 30), ROUNDING);
    }
    expect((await estimateNll(vae, rows, { samples: 20, seed: 3 })).ofRows).toEqual(whole.ofRows);
    expect((await estimateNll(vae, rows, { samples: 20, seed: 5 })).ofRows).not.toEqual(whole.ofRows);
    const f64 = new CpuDevice({ precision: "f64" });
    expectNear((await estimateNll(model(f64), data(f64, 30), { samples: 20, seed: 3 })).ofRows, whole.ofRows.subarray(0, 30), ROUNDING);
    [vae, rows, few].forEach((owner) => owner.dispose());
  });

  test("memory does not grow with the samples", async () => {
    const [vae, rows] = [model(device), data(device, 8)];
    await estimateNll(vae, rows, { samples: 32 });
    const { created } = device.memory();
    await estimateNll(vae, rows, { samples: 320 });
    // how large parts are follows the time that they take: a larger one needs blocks of its own, ten times the samples do not
    expect(device.memory().created).toBeLessThan(1.2 * created);
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("finds the log-weights of the trained model for given noise", async () => {
    const [vae, rows] = [await trainedVae(device), await binaryDataset(device, 10)];
    const noise = tensor(device, judged.deterministic.noise_3x10x50, [3, 10, LATENT]);
    const got = device.scope(() => logWeights(vae, batchOf(rows, 10), posteriorOf(vae, batchOf(rows, 10)), noise));
    expectNear(await got.read(), judged.deterministic.log_w_3x10.flat(), trainedRounding(device));
    [vae, rows, noise, got].forEach((owner) => owner.dispose());
  });
});

/** f64 values from the same f16 weights; in f32 each of the 1,434 terms that are added one after the other from pixel to loss rounds once, and 64 ulp for exp, log and tanh. */
const trainedRounding = (device: Device): number => (device.info.precision === "f64" ? 1e-12 : (784 + 200 + 200 + 50 + 200 + 64) * 2 ** -23);

/** W with orthogonal columns, so that the posterior of z is independent in its coordinates. */
const W = [
  [1.2, -0.8, 0.4],
  [0.3, 0.7, 0.5],
] as const;
const BIAS = [0.5, -1, 0.25] as const;
const VARIANCE = 0.3;
const norms = W.map((column) => column.reduce((sum, w) => sum + w * w, 0));

/** p(x|z) = N(W·z + b, σ²I), and q(z|x) its posterior, off by a factor of the variance and a shift of the mean. */
function linearGaussian(device: Device, factor = 1, shift = 0): Vae {
  const vae = new Vae(device, { input: 3, hidden: [], latent: 2, likelihood: gaussian({ variance: VARIANCE }), seed: 0 });
  const set = (name: string, values: readonly number[]): void => device.write(vae.parameters.tensors.get(name)!.slice, Float64Array.from(values));
  const gain = norms.map((norm) => 1 / (norm + VARIANCE));
  set(
    "heads.weight",
    [0, 1, 2].flatMap((d) => [W[0][d]! * gain[0]!, W[1][d]! * gain[1]!, 0, 0]),
  );
  const means = W.map((column, l) => shift - gain[l]! * column.reduce((sum, w, d) => sum + w * BIAS[d]!, 0));
  set("heads.bias", [...means, ...gain.map((g) => Math.log(VARIANCE * g * factor))]);
  set("output.weight", W.flat());
  set("output.bias", BIAS);
  return vae;
}

/** −log N(x; b, W·Wᵀ + σ²I) by the eigenvectors of the covariance: the columns of W, and all that is orthogonal to them. */
function exactNll(x: readonly number[]): number {
  const centred = x.map((value, d) => value - BIAS[d]!);
  let rest = centred.reduce((sum, value) => sum + value * value, 0);
  let nll = 1.5 * Math.log(2 * Math.PI) + 0.5 * Math.log(VARIANCE);
  W.forEach((column, l) => {
    const along = column.reduce((sum, w, d) => sum + w * centred[d]!, 0) ** 2 / norms[l]!;
    nll += 0.5 * (Math.log(norms[l]! + VARIANCE) + along / (norms[l]! + VARIANCE));
    rest -= along;
  });
  return nll + (0.5 * rest) / VARIANCE;
}

describe("a linear model, whose likelihood is known", () => {
  const count = 64;
  const x = Float64Array.from(normals(5, [count, 3], 1.5).data);
  const exact = Array.from({ length: count }, (_, r) => exactNll([...x.subarray(3 * r, 3 * r + 3)]));

  test("has the columns of W orthogonal", () => {
    expect(W[0].reduce((sum, w, d) => sum + w * W[1][d]!, 0)).toBeCloseTo(0, 15);
  });

  test("with its own posterior every weight is p(x): one sample is enough", async () => {
    for (const device of await devices()) {
      const [vae, rows] = [linearGaussian(device), dataset(device, x, { columns: 3 })];
      for (const samples of [1, 40]) {
        const got = await estimateNll(vae, rows, { samples });
        // three features, two latents, and squares of up to 5 deviations against losses of 1 and more
        expectNear(got.ofRows, exact, 25 * (3 + 2 + 64) * 2 ** -23);
        expect(got.effectiveSamples.worst).toBeCloseTo(samples, 2);
      }
      await device.close();
    }
  });

  test("with another posterior the estimate falls to it as the samples grow", async () => {
    const device = new CpuDevice({ precision: "f64" });
    const [vae, rows] = [linearGaussian(device, 1.5, 0.4), dataset(device, x, { columns: 3 })];
    const { ofRows, curve, effectiveSamples } = await estimateNll(vae, rows, { samples: 5000 });
    const off = Array.from(ofRows, (value, r) => value - exact[r]!);
    const mean = off.reduce((a, b) => a + b) / count;
    const standardError = Math.sqrt(off.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (count - 1) / count);
    // the logarithm of a mean is below that of its expectation by half of its relative variance, which is 1/effective − 1/S
    const tolerance = 4 * standardError + 0.5 * (1 / effectiveSamples.worst - 1 / 5000);
    const gap = curve[0]!.nll.mean - exact.reduce((a, b) => a + b) / count;
    expect(Math.abs(mean)).toBeLessThanOrEqual(tolerance);
    expect(gap).toBeGreaterThan(10 * tolerance);
    expect(curve.map(({ samples }) => samples)).toEqual([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000]);
    for (let i = 1; i < 6; i++) expect(curve[i]!.nll.mean, `S=${curve[i]!.samples}`).toBeLessThan(curve[i - 1]!.nll.mean);
  });
});

test("finds −ELBO and −log p(x) of the trained model within 0.2 nats, falling with S (1000 images, 500 samples, on wasm)", async () => {
  const { wasm } = Object.fromEntries((await devices()).map((device) => [device.name, device]));
  const [vae, rows] = [await trainedVae(wasm!), await binaryDataset(wasm!)];
  const { nll, curve, estimator } = await estimateNll(vae, rows);
  expect(estimator).toBe("NLL, importance sampling, S=500, 1000 rows");
  const want = judged.monte_carlo;
  expect(Math.abs(nll.mean - want.nll_500), `NLL ${nll.mean}`).toBeLessThanOrEqual(0.2);
  expect(Math.abs(curve[0]!.nll.mean - want.neg_elbo_mean_500_samples)).toBeLessThanOrEqual(0.2);
  expect(nll.standardError).toBeCloseTo(want.per_image_sd_of_nll / Math.sqrt(1000), 2);
  for (let i = 1; i < curve.length; i++) expect(curve[i]!.nll.mean).toBeLessThan(curve[i - 1]!.nll.mean);
  await wasm!.close();
});

describe("estimateNll", () => {
  const device = new CpuDevice();

  test("says what is wrong with data, options and weights", async () => {
    const vae = model(device);
    for (const samples of [0, 1.5, NaN]) {
      await expect(estimateNll(vae, data(device), { samples })).rejects.toThrow(
        new RangeError(`estimateNll: samples is a whole number of at least 1, got ${samples}`),
      );
    }
    await expect(estimateNll(vae, data(device), { batchSize: 0 })).rejects.toThrow("estimateNll: batchSize is a whole number of at least 1, got 0");
    await expect(estimateNll(vae, dataset(device, [1, 0], { columns: 2 }))).rejects.toThrow("the model has 6 inputs, the data set 2 columns");
    const outside = dataset(device, Float32Array.of(0, 0, 0, 0, 0, 2), { columns: D });
    await expect(estimateNll(vae, outside)).rejects.toThrow("bernoulli: data must lie in [0, 1], found 2 at row 0, column 5");
    device.write(vae.parameters.tensors.get("output.bias")!.slice, new Float64Array(D).fill(NaN));
    const { live } = device.memory();
    await expect(estimateNll(vae, data(device), { samples: 1 })).rejects.toThrow("estimateNll: log-weights are finite, got NaN at row 0, sample 0");
    expect(device.memory().live).toBe(live + 1); // the data set of this line
  });

  test("ends when it is told to", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    await expect(estimateNll(model(device), data(device), { signal: controller.signal })).rejects.toThrow("enough");
  });
});

describe("the trained model's deterministic values", () => {
  const { deterministic: want } = judged;

  test("KL, its shares, active units and reconstruction at the mean, in f64", async () => {
    await expectDeterministic(new CpuDevice({ precision: "f64" }));
  });

  test("the same in f32, on wasm and webgpu", async () => {
    for (const device of (await devices()).slice(1)) await expectDeterministic(device);
  });

  async function expectDeterministic(device: Device): Promise<void> {
    const [vae, rows, tolerance] = [await trainedVae(device), await binaryDataset(device), trainedRounding(device)];
    const got = await evaluate(vae, rows);
    expectNear([got.kl.mean], [want.mean_kl], tolerance);
    expectNear(got.klPerDimension, want.kl_per_dim, tolerance);
    expect(got.activeUnits).toBe(want.active_units_var_gt_0_01);
    // one draw for each image, against the average of 500
    expect(Math.abs(got.negElbo.mean - judged.monte_carlo.neg_elbo_mean_500_samples)).toBeLessThanOrEqual(4 * 0.2);
    const posterior = device.scope(() => posteriorOf(vae, batchOf(rows, 10)));
    const nll = device.scope(() => vae.nll(posterior.mean, batchOf(rows, 10)));
    expectNear(await nll.read(), want.recon_nll_at_mu_first10, tolerance);
    expectNear((await posterior.mean.read()).subarray(0, 3 * LATENT), want.mu_first3.flat(), tolerance);
    await device.close();
  }
});

describe("log-weights", () => {
  test("are added without overflow, in any order, and count as many as are equal", () => {
    for (const logs of [
      [-1000, -1000, -1000],
      [900, 880, 910],
      [910, 900, 880],
    ]) {
      const weights = new LogWeights();
      logs.forEach((log) => weights.add(log));
      const relative = logs.map((log) => Math.exp(log - 900 * Math.sign(log)));
      const [sum, squares] = [relative.reduce((a, b) => a + b), relative.reduce((a, b) => a + b * b, 0)];
      if (sum > 0) expect(weights.logMean).toBeCloseTo(900 * Math.sign(logs[0]!) + Math.log(sum / 3), 12);
      if (squares > 0) expect(weights.effectiveSamples).toBeCloseTo((sum * sum) / squares, 12);
    }
    const equal = new LogWeights();
    for (let i = 0; i < 7; i++) equal.add(-5000);
    expect([equal.logMean, equal.effectiveSamples]).toEqual([-5000, 7]);
  });

  test("the bound of groups of k falls short of that of larger groups that they make up (Burda et al. 2016, theorem 1)", () => {
    const bounds = [1, 2, 10, 30].map((size) => new GroupedBound(size));
    const logs = Float64Array.from(normals(8, [60], 3).data);
    for (const bound of bounds) logs.forEach((log) => bound.add(log));
    for (let i = 1; i < bounds.length; i++) expect(bounds[i]!.bound).toBeGreaterThan(bounds[i - 1]!.bound);
    expect(bounds[0]!.bound).toBeCloseTo(logs.reduce((a, b) => a + b) / 60, 12);
  });
});

test("the binarised images are bits: 1000 of 784, in which the first image has its digit", async () => {
  const images = await binaryImages();
  expect([images.length, new Set(images).size]).toEqual([784_000, 2]);
  const first = images.subarray(0, 784).reduce((a, b) => a + b, 0);
  expect(first).toBeGreaterThan(50);
  expect(first).toBeLessThan(250);
});
