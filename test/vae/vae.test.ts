import { expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { add, bernoulliNll, gaussianKl, mul } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/mean.ts";
import { normal } from "../../src/ops/random_ops.ts";
import { sum } from "../../src/ops/reduce.ts";
import { slice } from "../../src/ops/shape_ops.ts";
import { key } from "../../src/random.ts";
import { streams } from "../../src/streams.ts";
import { tensor } from "../../src/tensor.ts";
import type { VaeConfig } from "../../src/vae/config.ts";
import { save } from "../../src/vae/files/save.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../src/vae/likelihoods/gaussian_learned.ts";
import { elbo } from "../../src/vae/objectives/elbo.ts";
import { Vae } from "../../src/vae/vae.ts";
import { expectSame, make } from "../support/compare.ts";
import { onEachDevice } from "../support/conformance.ts";

const config: VaeConfig = { input: 6, hidden: [5, 4], latent: 2, likelihood: bernoulli(), seed: 9, activation: "tanh" };
const bytes = Uint8Array.from({ length: 5 * 6 }, (_, i) => (i * 71) % 256);

function model(device: Device, extra: Partial<VaeConfig> = {}): Vae {
  return new Vae(device, { ...config, ...extra });
}

await onEachDevice((device) => {
  test("elbo is reconstruction + beta·kl, averaged over samples and examples", async () => {
    const vae = model(device);
    const data = dataset(device, bytes, { columns: 6, scale: 1 / 255 });
    const x = tensor(
      device,
      Float64Array.from(bytes, (v) => v / 255),
      [5, 6],
    );
    const noise = normal(device, [15, 2], key(4));
    const got = elbo(vae, batchOf(data, 5), { noise, beta: 3, samples: 3 });
    expect([got.reconstruction.shape, got.kl.shape, got.z.shape, got.meanLogVar.shape]).toEqual([[15], [5], [15, 2], [5, 4]]);
    await expectSame("objective", got.objective, add(mean(got.reconstruction), mul(mean(got.kl), 3)), 20);
    const same = elbo(vae, x, { noise: key(4), beta: 3, samples: 3 });
    await expectSame("objective from a key and a tensor of data", same.objective, got.objective, 20);
    const [B, L] = [5, 2];
    await expectSame("kl", got.kl, sum(gaussianKl(slice(got.meanLogVar, [0, 0], [B, L]), slice(got.meanLogVar, [0, L], [B, 2 * L])), [1]), 2);
    const parameters = [...vae.parameters.tensors.values()];
    for (const gradient of grad(got.objective, parameters)) {
      const values = await gradient.read();
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((value) => value !== 0)).toBe(true);
    }
    [vae, data].forEach((owner) => owner.dispose());
  });

  test("sample decodes draws from the prior; reconstruct decodes posterior means; both are probabilities and repeat", async () => {
    const vae = model(device);
    const data = dataset(device, bytes, { columns: 6, scale: 1 / 255 });
    const live = device.memory().live;
    const samples = await vae.sample(7, key(1));
    const images = await vae.reconstruct(data, 3);
    expect([samples.length, images.length, (await vae.reconstruct(data)).length]).toEqual([42, 18, 30]);
    for (const p of [...samples, ...images]) expect(p > 0 && p < 1).toBe(true);
    expect(await vae.sample(7, key(1))).toEqual(samples);
    expect(await vae.sample(7, key(2))).not.toEqual(samples);
    expect(await vae.reconstruct(data, 3)).toEqual(images);
    expect(device.memory().live).toBe(live);
    [vae, data].forEach((owner) => owner.dispose());
  });

  test("posterior is the heads' means and log-variances, decodeLatents the means of p(x|z), for more rows than go at once", async () => {
    const vae = model(device);
    const many = Uint8Array.from({ length: 600 * 6 }, (_, i) => (i * 71 + (i >> 5)) % 256);
    const data = dataset(device, many, { columns: 6, scale: 1 / 255 });
    const { live } = device.memory();
    const { mean, logVar } = await vae.posterior(data);
    expect([mean.length, logVar.length]).toEqual([1200, 1200]);
    const pixels = await vae.decodeLatents(mean);
    expect(await vae.reconstruct(data)).toEqual(pixels);
    expect(device.memory().live).toBe(live);
    const both = await vae.encode(batchOf(data, 600), key(0)).meanLogVar.read();
    const whole = await vae.decode(tensor(device, mean, [600, 2])).read();
    // rows are independent of each other: only the kernels' order of sums may differ
    const near = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThanOrEqual(20 * 2 ** -23 * Math.max(1, Math.abs(b)));
    both.forEach((v, i) => near((i % 4 < 2 ? mean : logVar)[(i >> 2) * 2 + (i % 2)]!, v));
    whole.forEach((v, i) => near(pixels[i]!, v));
    [vae, data].forEach((owner) => owner.dispose());
  });

  test("sample draws from p(x|z) where asked to: pixels of 0 and 1, from the latents that the means have", async () => {
    const vae = model(device);
    const means = await vae.sample(2000, key(1));
    const draws = await vae.sample(2000, key(1), { draw: "sample" });
    expect(new Set(draws)).toEqual(new Set([0, 1]));
    expect(await vae.sample(2000, key(1), { draw: "mean" })).toEqual(means);
    expect(await vae.sample(2000, key(1), { draw: "sample" })).toEqual(draws);
    for (let d = 0; d < 6; d++) {
      const of = (values: ArrayLike<number>): number[] => Array.from({ length: 2000 }, (_, i) => values[i * 6 + d]!);
      const [p, x] = [of(means), of(draws)];
      const excess = x.reduce((total, v, i) => total + v - p[i]!, 0);
      expect(Math.abs(excess)).toBeLessThan(5 * Math.sqrt(p.reduce((total, v) => total + v * (1 - v), 0)));
    }
    vae.dispose();
  });

  test("a likelihood's own parameters are the model's: they are trained, and change losses and draws", async () => {
    const vae = model(device, { likelihood: gaussianLearned() });
    const logVar = vae.parameters.tensors.get("likelihood.logVar")!;
    expect([logVar.shape, [...(await logVar.read())]]).toEqual([[6], [0, 0, 0, 0, 0, 0]]);
    const x = tensor(
      device,
      Float64Array.from(bytes, (v) => v / 255),
      [5, 6],
    );
    const { objective, z } = elbo(vae, x, { noise: key(1) });
    const [gradient, means] = [await grad(objective, [logVar])[0]!.read(), await vae.decode(z).read()];
    for (let d = 0; d < 6; d++) {
      // at variance 1: the mean over the batch of ½·(1 − (x − mean)²)
      const terms = [0, 1, 2, 3, 4].map((b) => 0.5 * (1 - (bytes[b * 6 + d]! / 255 - means[b * 6 + d]!) ** 2));
      expect(gradient[d]).toBeCloseTo(terms.reduce((total, v) => total + v, 0) / 5, 5);
    }
    const spread = async (): Promise<number> => {
      const [centres, draws] = [await vae.sample(500, key(2)), await vae.sample(500, key(2), { draw: "sample" })];
      return Array.from(centres, (v, i) => (draws[i]! - v) ** 2).reduce((total, v) => total + v, 0) / centres.length;
    };
    expect(Math.abs((await spread()) - 1)).toBeLessThan(5 * Math.sqrt(2 / 3000));
    // latents and data have the noise of streams of their own
    const [centre, draw] = [await vae.sample(1, key(2)), await vae.sample(1, key(2), { draw: "sample" })];
    const [latents, pixels] = [normal(device, [1, 2], streams.latents(key(2))), await normal(device, [6], streams.pixels(key(2))).read()];
    expect(Array.from(centre)).toEqual(Array.from(await vae.decode(latents).read()));
    pixels.forEach((v, d) => expect(draw[d]! - centre[d]!).toBeCloseTo(v, 5));
    device.write(logVar.slice, new Float64Array(6).fill(-2));
    expect(Math.abs((await spread()) * Math.exp(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 3000));
    vae.dispose();
  });

  test("an untrained decoder's loss is that of its probabilities", async () => {
    const vae = model(device);
    const x = tensor(
      device,
      Float64Array.from(bytes, (v) => v / 255),
      [5, 6],
    );
    const [z] = make(device, [5, 2]);
    const p = await vae.decode(z!).read();
    const logits = tensor(
      device,
      Float64Array.from(p, (v) => Math.log(v / (1 - v))),
      [5, 6],
    );
    await expectSame("nll", vae.nll(z!, x), sum(bernoulliNll(logits, x), [1]), 40);
    vae.dispose();
  });
});

test("any number of hidden layers, other decoders and other activations are built as configured", async () => {
  const device = await openDevice("cpu");
  const names = (vae: Vae): string[] => [...vae.parameters.tensors].map(([name, { shape }]) => `${name} ${shape.join("×")}`);
  expect(names(model(device)).filter((name) => name.includes("weight"))).toEqual([
    "encoder.0.weight 6×5",
    "encoder.1.weight 5×4",
    "heads.weight 4×4",
    "decoder.0.weight 2×4",
    "decoder.1.weight 4×5",
    "output.weight 5×6",
  ]);
  expect(names(model(device, { hidden: [] }))).toEqual(["heads.weight 6×4", "heads.bias 4", "output.weight 2×6", "output.bias 6"]);
  expect(names(model(device, { hidden: [], decoderHidden: [3] }))[2]).toBe("decoder.0.weight 2×3");
  const linear = model(device, { hidden: [3], activation: "identity" });
  const mixed = model(device, { hidden: [3], activation: "identity", decoderActivation: "gelu" });
  const [z] = make(device, [4, 2]);
  expect(await linear.decode(z!).read()).not.toEqual(await mixed.decode(z!).read());
  expect(await model(device, { seed: 1 }).decode(z!).read()).not.toEqual(await model(device, { seed: 2 }).decode(z!).read());
});

test("a saved model has PyTorch's names and layout, and its configuration", async () => {
  const device = await openDevice("cpu");
  const vae = model(device);
  const { tensors, metadata } = readSafetensors(await save(vae));
  expect(new Map([...tensors].map(([name, { shape }]) => [name, shape.join("×")]))).toEqual(
    new Map(
      Object.entries({
        "encoder.0.weight": "5×6",
        "encoder.0.bias": "5",
        "encoder.1.weight": "4×5",
        "encoder.1.bias": "4",
        "mean.weight": "2×4",
        "logVar.weight": "2×4",
        "mean.bias": "2",
        "logVar.bias": "2",
        "decoder.0.weight": "4×2",
        "decoder.0.bias": "4",
        "decoder.1.weight": "5×4",
        "decoder.1.bias": "5",
        "output.weight": "6×5",
        "output.bias": "6",
      }),
    ),
  );
  const heads = await vae.parameters.tensors.get("heads.weight")!.read();
  expect(tensors.get("logVar.weight")!.data[1 * 4 + 3]).toBe(heads[3 * 4 + 2 + 1]);
  expect(tensors.get("mean.weight")!.data[1 * 4 + 3]).toBe(heads[3 * 4 + 1]);
  expect(JSON.parse(metadata.get("config")!)).toMatchObject({ input: 6, hidden: [5, 4], latent: 2, likelihood: "bernoulli", activation: "tanh" });
  expect(metadata.get("version")).toBe("1");
});

test("wrong configurations and calls are refused in one line", async () => {
  const device = await openDevice("cpu");
  expect(() => model(device, { latent: 0 })).toThrow("vae: latent is a whole number of at least 1, got 0");
  expect(() => model(device, { hidden: [3, 1.5] })).toThrow("vae: the size of a layer is a whole number of at least 1, got 1.5");
  expect(() => model(device, { seed: -1 })).toThrow("vae: seed is a whole number of at least 0, got -1");
  expect(() => model(device, { activation: "swish" as "silu" })).toThrow("vae: the activations are identity, elu, ");
  expect(device.memory().live).toBe(0);
  const vae = model(device);
  const data = dataset(device, bytes, { columns: 5 });
  await expect(vae.sample(0, key(0))).rejects.toThrow("sample: count is a whole number of at least 1, got 0");
  await expect(vae.reconstruct(data)).rejects.toThrow("reconstruct: the model has 6 inputs, the data set 5 columns");
  await expect(vae.reconstruct(dataset(device, bytes, { columns: 6 }), 9)).rejects.toThrow("reconstruct: rows is a whole number from 1 to 5, got 9");
  await expect(vae.posterior(data)).rejects.toThrow("posterior: the model has 6 inputs, the data set 5 columns");
  const broken = dataset(device, [0, 0, 0, Infinity, 0, 0], { columns: 6 });
  await expect(vae.posterior(broken)).rejects.toThrow("posterior: data is finite, found Infinity at row 0, column 3");
  await expect(vae.reconstruct(dataset(new CpuDevice(), bytes, { columns: 6 }))).rejects.toThrow(
    "reconstruct: model and data are on different devices",
  );
  await expect(vae.decodeLatents(new Float32Array(5))).rejects.toThrow("decodeLatents: z holds rows of 2 latents, got 5 values");
  await expect(vae.decodeLatents(new Float32Array(0))).rejects.toThrow("decodeLatents: z holds rows of 2 latents, got 0 values");
  await expect(vae.decodeLatents(Float32Array.of(1, 2, 3, NaN))).rejects.toThrow("decodeLatents: z is finite, found NaN at row 1, column 1");
  await expect(vae.sample(1, key(0), { draw: "mode" as "mean" })).rejects.toThrow('sample: draw is "mean" or "sample", got "mode"');
  const x = tensor(device, [1, 0, 1, 0, 1, 0], [1, 6]);
  expect(() => elbo(vae, x, { noise: key(0), beta: NaN })).toThrow("elbo: beta is a number of at least 0, got NaN");
  expect(() => elbo(vae, make(device, [0, 6])[0]!, { noise: key(0) })).toThrow("elbo: x has at least one row, got [0, 6]");
  expect(() => elbo(vae, make(device, [2, 5])[0]!, { noise: key(0) })).toThrow("dense: inner dimensions differ, x is [2, 5] and W is [6, 5]");
});
