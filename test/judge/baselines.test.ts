/** What a good loss is: baselines against their definitions, and a linear VAE against the best that is possible. */
import { describe, expect, it, test } from "vitest";
import { dataset, type Dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { type Baseline, baselines } from "../../src/judge/baselines.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { fitPpca, type Ppca } from "../../src/judge/ppca.ts";
import { caution, type DataKind, proposeLikelihood } from "../../src/judge/proposal.ts";
import { cosine } from "../../src/nn/schedules.ts";
import { forEachBits, key, normalOf } from "../../src/random.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { continuousBernoulli } from "../../src/vae/likelihoods/continuous_bernoulli.ts";
import { gaussian } from "../../src/vae/likelihoods/gaussian.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../src/vae/likelihoods/likelihood.ts";
import { train } from "../../src/vae/training/train.ts";
import { Vae } from "../../src/vae/vae.ts";
import { onEachDevice } from "../support/conformance.ts";

function normals(n: number, seed: number): Float64Array {
  const values = new Float64Array(n);
  const [k0, k1] = key(seed).words;
  forEachBits(k0, k1, n, (i, bits) => (values[i] = normalOf(bits)));
  return values;
}

/** Rows of W z + shift·d + noise: D columns, 2 latents whose directions are not orthogonal. */
function linearRows(rows: number, D: number, seed: number, shift = 1): Float64Array {
  const [W, z, e] = [normals(2 * D, 1), normals(2 * rows, seed), normals(D * rows, seed + 1)];
  return e.map((value, i) => {
    const [row, d] = [Math.floor(i / D), i % D];
    return 1.5 * W[d]! * z[2 * row]! + W[D + d]! * z[2 * row + 1]! + shift * d + 0.5 * value;
  });
}

/** −log N(x; mean, C) by Cholesky's factors of C, in f64. */
function normalNll(x: readonly number[], mean: ArrayLike<number>, C: readonly (readonly number[])[]): number {
  const D = x.length;
  const factor = C.map((row) => row.map(() => 0));
  for (let i = 0; i < D; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = C[i]![j]! - factor[i]!.slice(0, j).reduce((sum, value, k) => sum + value * factor[j]![k]!, 0);
      factor[i]![j] = i === j ? Math.sqrt(rest) : rest / factor[j]![j]!;
    }
  }
  const y: number[] = [];
  for (let i = 0; i < D; i++) y.push((x[i]! - mean[i]! - y.reduce((sum, value, k) => sum + value * factor[i]![k]!, 0)) / factor[i]![i]!);
  return y.reduce((sum, value, i) => sum + 0.5 * value * value + 0.5 * Math.log(2 * Math.PI) + Math.log(factor[i]![i]!), 0);
}

/** W Wᵀ + diag(noise), W [L, D]. */
function covarianceOf(W: ArrayLike<number>, L: number, noise: readonly number[]): number[][] {
  const D = noise.length;
  const product = (i: number, j: number): number => Array.from({ length: L }, (_, l) => W[l * D + i]! * W[l * D + j]!).reduce((a, b) => a + b, 0);
  return noise.map((value, i) => noise.map((_, j) => product(i, j) + (i === j ? value : 0)));
}

const rowsOf = (values: Float64Array, D: number): number[][] =>
  Array.from({ length: values.length / D }, (_, r) => [...values.subarray(r * D, (r + 1) * D)]);
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** C of a Ppca as its definition says. */
function covarianceOfPpca({ components, variances, noise, mean }: Ppca): number[][] {
  const D = mean.length;
  const W = components.map((value, i) => value * Math.sqrt(variances[Math.floor(i / D)]! - noise));
  return covarianceOf(W, variances.length, Array<number>(D).fill(noise));
}

const named = (all: readonly Baseline[]): Record<string, number> => Object.fromEntries(all.map(({ name, nll }) => [name, nll.mean]));

describe("proposeLikelihood", () => {
  it.each<[string, readonly number[] | Uint8Array, DataKind, string, RegExp]>([
    ["truth values", [0, 1, 1, 0], "binary", "bernoulli", /^all 4 values are 0 or 1$/],
    ["bytes", Uint8Array.of(0, 255, 128, 7), "grey", "continuousBernoulli", /^grey levels from 0 to 255, of which 50\.0 % are neither the least nor/],
    ["bytes that are only 0 and 1", Uint8Array.of(0, 1, 1, 1), "binary", "bernoulli", /^all 4 values/],
    ["parts of a whole", [0.5, 0, 1, 0.25], "unit", "continuousBernoulli", /^all values lie in \[0, 1\], and 2 of 4 between/],
    ["counts", [0, 3, 17, 2], "counts", "gaussianLearned", /^all values are whole numbers from 0 to 17: counts/],
    ["measurements", [-1.5, 0.33333, 2, 4], "real", "gaussianLearned", /^values from -1\.5 to 4, not bounded by nature$/],
    ["whole numbers below 0", [-1, 2, 3, 5], "real", "gaussianLearned", /^values from -1 to 5/],
    ["measurements beside a column of truth values", [-1.5, 0, 2, 1], "real", "gaussianLearned", /; 1 of 2 columns hold only 0 and 1, which/],
  ])("knows %s", (_, values, kind, likelihood, evidence) => {
    const proposal = proposeLikelihood(values instanceof Uint8Array ? values : Float64Array.from(values), 2);
    expect(proposal).toMatchObject({ kind, likelihood });
    expect(proposal.evidence).toMatch(evidence);
  });

  it("takes whole numbers of a picture for grey levels, and those of a table for counts", () => {
    const values = Float64Array.of(0, 3, 16, 2);
    expect(proposeLikelihood(values, 2, { image: true }).kind).toBe("grey");
    expect(proposeLikelihood(Uint8Array.from(values), 2, { image: false }).kind).toBe("counts");
  });

  it("refuses values that are no rows or not finite", () => {
    expect(() => proposeLikelihood(new Float64Array(3), 2)).toThrow("rows are whole, got 3 values for 2 columns");
    expect(() => proposeLikelihood(new Float64Array(0), 2)).toThrow(RangeError);
    expect(() => proposeLikelihood(Float64Array.of(1, 2, 3, NaN), 2)).toThrow("values are finite, got NaN at row 1, column 1");
  });

  it("the likelihood that it proposes needs no caution, but where there is no better one", () => {
    const tables = [
      [0, 1],
      [0.5, 0],
      [-1, 2.5],
    ].map((values) => proposeLikelihood(Float64Array.from(values), 1));
    for (const { kind, likelihood } of tables) expect(caution(kind, { likelihood }), kind).toBeUndefined();
  });

  it("warns of grey values scored as Bernoulli unless they are binarised, and of densities of what is discrete", () => {
    expect(caution("grey", { likelihood: "bernoulli" })).toMatch(/no likelihood of continuous data/);
    expect(caution("grey", { likelihood: "bernoulli", binarise: true })).toBeUndefined();
    expect(caution("binary", { likelihood: "gaussian" })).toMatch(/use bernoulli/);
    expect(caution("counts", { likelihood: "gaussianLearned" })).toMatch(/grows without bound/);
    expect(caution("unit", { likelihood: "gaussianHead" })).toMatch(/outside of \[0, 1\]/);
  });
});

await onEachDevice((device) => {
  test("probabilistic PCA scores rows by its definition, in the units of the data", async () => {
    const [D, L] = [6, 2];
    const values = linearRows(300, D, 10).map(Math.fround);
    const data = dataset(device, values, { columns: D });
    const ppca = await fitPpca(data, L);
    const C = covarianceOfPpca(ppca);
    const direct = rowsOf(values, D).map((row) => normalNll(row, ppca.mean, C));
    rowsOf(values, D).forEach((row, r) => expect(Math.abs(ppca.nll(row) - direct[r]!)).toBeLessThan(1e-9));
    // At the greatest likelihood tr(C⁻¹S) is D.
    const entropy = 0.5 * (D * Math.log(2 * Math.PI) + D + Math.log(ppca.noise) * (D - L) + ppca.variances.reduce((sum, v) => sum + Math.log(v), 0));
    // The covariance was added up in f32: 300 products of about 10 a sum.
    expect(Math.abs(average(direct) - entropy)).toBeLessThan(300 * 2 ** -23 * 10);
    expect(ppca.noise).toBeGreaterThan(0.2);
    expect(ppca.noise).toBeLessThan(0.3);
    data.dispose();
  });

  test("baselines are what their formulas say, and leave memory as it was", async () => {
    const [train_, held] = [Uint8Array.of(0, 255, 51, 255, 0, 255), Uint8Array.of(255, 0, 102, 255)];
    const of = (values: Uint8Array): Dataset => dataset(device, values, { columns: 2, scale: 1 / 255 });
    const [data, rest] = [of(train_), of(held)];
    const { live } = device.memory();
    const p = [1.2 / 5, 4 / 5];
    const cost = (x: readonly number[]): number => x.reduce((sum, v, d) => sum - v * Math.log(p[d]!) - (1 - v) * Math.log(1 - p[d]!), 0);
    const [first, second] = [cost([1, 0]), cost([0.4, 1])];
    const [only] = await baselines(data, rest, { likelihood: bernoulli(), latent: 1 });
    expect(only).toMatchObject({ name: "independent Bernoulli" });
    expect(only!.nll.mean).toBeCloseTo((first + second) / 2, 6);
    expect(only!.nll.standardError).toBeCloseTo(Math.abs(first - second) / 2, 6);

    // Column 1 does not vary: its variance is the floor.
    const dense = await baselines(data, rest, { likelihood: continuousBernoulli(), latent: 1 });
    expect(dense.map(({ name }) => name)).toEqual(["independent Gaussian", "probabilistic PCA"]);
    // Column 0 is 0, 0.2, 0 and then 1, 0.4; column 1 is 1, 1, 1 and then 0, 1.
    const [mean, variance, floor] = [0.2 / 3, 0.08 / 9, 1e-6];
    const far = (1 - mean) ** 2 / (2 * variance) + (0.4 - mean) ** 2 / (2 * variance) + 1 / (2 * floor);
    const want = 0.5 * Math.log(2 * Math.PI * variance) + 0.5 * Math.log(2 * Math.PI * floor) + far / 2;
    expect(Math.abs(dense[0]!.nll.mean / want - 1)).toBeLessThan(1e-5);
    expect(device.memory().live).toBe(live);
    [data, rest].forEach((owner) => owner.dispose());
  });
});

describe("baselines", () => {
  const device = new CpuDevice({ precision: "f64" });
  const set = (values: Float64Array, D: number): Dataset => dataset(device, values, { columns: D });

  it("of densities are ordered by what they can express, on training rows", async () => {
    const data = set(linearRows(500, 5, 20), 5);
    const scores = await Promise.all(
      [1, 2, 4, 9].map(async (latent) => named(await baselines(data, data, { likelihood: gaussian(), latent }))["probabilistic PCA"]!),
    );
    expect(scores[1]).toBeLessThan(scores[0]!);
    expect(scores[2]).toBeLessThan(scores[1]!);
    // D − 1 latents are as many as there can be.
    expect(scores[3]).toBe(scores[2]);
    const independent = named(await baselines(data, data, { likelihood: gaussianLearned(), latent: 2 }))["independent Gaussian"]!;
    expect(scores[1]).toBeLessThan(independent);
  });

  it("independent Gaussian is the density of each feature, with the variance of the training rows", async () => {
    const [data, held] = [set(Float64Array.of(1, 10, 3, 20), 2), set(Float64Array.of(2, 30), 2)];
    const scores = named(await baselines(data, held, { likelihood: gaussian(), latent: 1 }));
    // Means 2 and 15, variances 1 and 25.
    expect(scores["independent Gaussian"]).toBeCloseTo(Math.log(2 * Math.PI) + Math.log(5) + 0.5 * 9, 12);
  });

  it("are none for probabilities of other kinds, and no PCA for one column", async () => {
    const data = set(Float64Array.of(0, 3, 1, 4), 1);
    const poisson: Likelihood = { ...gaussian(), name: "poisson", discrete: true };
    expect(await baselines(data, data, { likelihood: poisson, latent: 1 })).toEqual([]);
    expect(Object.keys(named(await baselines(data, data, { likelihood: gaussian(), latent: 1 })))).toEqual(["independent Gaussian"]);
  });

  it("refuse other columns, values outside of the likelihood's range, and latents that are none", async () => {
    const [two, four] = [set(Float64Array.of(0, 3, 1, 4), 2), set(Float64Array.of(0, 3, 1, 4), 4)];
    const options = { likelihood: gaussian(), latent: 1 };
    await expect(baselines(two, four, options)).rejects.toThrow("baselines: held-out rows have the columns of the data, got [1, 4] for [2, 2]");
    await expect(baselines(two, two, { likelihood: bernoulli(), latent: 1 })).rejects.toThrow("bernoulli: data must lie in [0, 1], found 3");
    await expect(baselines(two, two, { ...options, latent: 0.5 })).rejects.toThrow("baselines: latent is a whole number of at least 1, got 0.5");
    await expect(baselines(set(Float64Array.of(1, NaN), 2), two, options)).rejects.toThrow("baselines: data is finite, found NaN");
  });
});

describe("a linear VAE", () => {
  const [D, L] = [8, 2];
  const values = linearRows(2000, D, 30, 0);

  /** Trains a model without hidden layers, and scores its decoder by the exact density N(b, W Wᵀ + Ψ). */
  async function trained(device: Device, likelihood: (ppca: Ppca) => Likelihood): Promise<{ ppca: number; exact: number; negElbo: number }> {
    const data = dataset(device, values, { columns: D });
    const ppca = await fitPpca(data, L);
    const vae = new Vae(device, { input: D, hidden: [], latent: L, likelihood: likelihood(ppca), seed: 0 });
    for await (const report of train(vae, data, { epochs: 60, batchSize: 100, learningRate: cosine(0.03), seed: 1 })) void report;
    const read = async (name: string): Promise<number[]> => [...(await vae.parameters.tensors.get(name)!.read())];
    const noise = vae.parameters.tensors.has("likelihood.logVar")
      ? (await read("likelihood.logVar")).map(Math.exp)
      : Array<number>(D).fill(vae.config.likelihood.options["variance"] as number);
    const [mean, C] = [await read("output.bias"), covarianceOf(await read("output.weight"), L, noise)];
    const exact = average(rowsOf(values, D).map((row) => normalNll(row, mean, C)));
    const best = average(rowsOf(values, D).map((row) => ppca.nll(row)));
    const { negElbo } = await evaluate(vae, data);
    return { ppca: best, exact, negElbo: negElbo.mean };
  }

  it("with the noise of probabilistic PCA reaches its exact likelihood within 0.5 %, and never passes it", async () => {
    const device = await openDevice("wasm");
    const { ppca, exact, negElbo } = await trained(device, ({ noise }) => gaussian({ variance: noise }));
    expect(exact).toBeLessThan(ppca * 1.005);
    expect(exact).toBeGreaterThan(ppca - 1e-6);
    // Its posterior can be the true one, so that the bound has no gap.
    expect(negElbo).toBeLessThan(ppca * 1.005);
    await device.close();
  });

  it("that learns its noise reaches it too, and passes it by no more than variances of its own for each feature allow", async () => {
    const device = await openDevice("wasm");
    const { ppca, exact } = await trained(device, () => gaussianLearned());
    expect(exact).toBeLessThan(ppca * 1.005);
    // D − 1 variances more, fitted to 2000 rows of one noise: χ² of 7, halved, a row; 40 is beyond its 1e-6 quantile.
    expect(exact).toBeGreaterThan(ppca - 40 / 2 / 2000);
    await device.close();
  });
});
