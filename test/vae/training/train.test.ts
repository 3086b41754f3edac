import { describe, expect, test, vi } from "vitest";
import { batchOf, type Dataset, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import type { TypedArray } from "../../../src/kernel.ts";
import { binarise } from "../../../src/ops/binarise.ts";
import { type Key, key, permutation } from "../../../src/random.ts";
import { streams } from "../../../src/streams.ts";
import { tensor } from "../../../src/tensor.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elbo } from "../../../src/vae/objectives/elbo.ts";
import type { EpochReport } from "../../../src/vae/training/losses.ts";
import { train } from "../../../src/vae/training/train.ts";
import type { Compiling, TrainOptions } from "../../../src/vae/training/train_options.ts";
import { Trainer } from "../../../src/vae/training/trainer.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { devices, onEachDevice } from "../../support/conformance.ts";
import { readDigits } from "../../support/files.ts";
import { countCalls, hasWebGpu, rawWebGpu } from "../../support/raw_webgpu.ts";

const digits = await readDigits();
const options = { batchSize: 32, learningRate: 1e-3, seed: 5 } as const;

function model(device: Device, hidden: readonly number[] = [64]): Vae {
  return new Vae(device, { input: 64, hidden, latent: 8, likelihood: bernoulli(), seed: 3 });
}

/** The first `rows` digits. */
function images(device: Device, rows: number): Dataset {
  return dataset(device, digits.train.data.subarray(0, rows * 64), { columns: 64, scale: digits.train.scale });
}

async function parametersOf(vae: Vae): Promise<TypedArray> {
  const values = await vae.device.read(vae.parameters.value);
  return values;
}

async function reports(vae: Vae, data: Dataset, extra: Partial<TrainOptions>): Promise<EpochReport[]> {
  const all: EpochReport[] = [];
  for await (const report of train(vae, data, { ...options, epochs: 1, ...extra })) all.push(report);
  return all;
}

/** |a − b| / |a| of two vectors of named parameters, which devices pad differently. */
async function distance(a: Vae, b: Vae): Promise<number> {
  let [difference, norm] = [0, 0];
  for (const [name, tensor] of a.parameters.tensors) {
    const [x, y] = [await tensor.read(), await b.parameters.tensors.get(name)!.read()];
    x.forEach((value, i) => ((difference += (value - y[i]!) ** 2), (norm += value ** 2)));
  }
  return Math.sqrt(difference / norm);
}

await onEachDevice((device) => {
  test("captured and eager training give the same bits, partial batches included", async () => {
    const results = [];
    for (const capture of [true, false]) {
      const [vae, data] = [model(device), images(device, 100)];
      const trainer = new Trainer(vae, data, { ...options, capture });
      trainer.steps(9);
      results.push({ sums: await trainer.sums(), parameters: await parametersOf(vae), step: trainer.step });
      [trainer, vae, data].forEach((owner) => owner.dispose());
    }
    expect(results[0]).toEqual(results[1]);
  });

  test("two runs of the same seed write the same file; another seed writes another", async () => {
    const files = [];
    for (const seed of [1, 1, 2]) {
      const [vae, data] = [model(device), images(device, 90)];
      await reports(vae, data, { seed, epochs: 2 });
      files.push(await save(vae));
      [vae, data].forEach((owner) => owner.dispose());
    }
    expect(files[1]).toEqual(files[0]);
    expect(files[2]).not.toEqual(files[0]);
  });

  test("training lowers the loss, and every report adds up", async () => {
    const [vae, data, validation] = [model(device), images(device, 512), dataset(device, digits.validation.data, digits.validation)];
    const history = await reports(vae, data, { epochs: 6, validation, learningRate: 3e-3 });
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const losses of history.flatMap((report) => [report, report.validation!])) {
      expect(losses.negElbo).toBeCloseTo(losses.reconstruction + losses.kl, 9);
      expect(losses.kl).toBeGreaterThan(0);
    }
    expect(history[5]!.negElbo).toBeLessThan(history[0]!.negElbo - 5);
    expect(history[5]!.validation!.negElbo).toBeLessThan(history[0]!.validation!.negElbo - 5);
    expect(history[0]).toMatchObject({ device: device.name });
    [vae, data, validation].forEach((owner) => owner.dispose());
  });

  test("an epoch's report is the average over all rows of the losses at each step's start", async () => {
    const [vae, twin, data] = [model(device), model(device), images(device, 70)];
    const [report] = await reports(vae, data, { learningRate: 1e-12 });
    const whole = elbo(twin, batchOf(data, 70), { noise: key(0) });
    const nll = await whole.reconstruction.read();
    const kl = await whole.kl.read();
    const mean = (values: TypedArray): number => Array.from(values).reduce((a, b) => a + b) / values.length;
    expect(Math.abs(report!.kl / mean(kl) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(report!.reconstruction / mean(nll) - 1)).toBeLessThan(0.02);
    [vae, twin, data].forEach((owner) => owner.dispose());
  });

  test("order, binarisation and noise of a step are those that the table of streams names, of the training's seed", async () => {
    const [vae, data] = [model(device), images(device, 90)];
    const trainer = new Trainer(vae, data, { ...options, binarise: true, learningRate: 1e-12 });
    trainer.steps(5);
    const sums = await trainer.sums();
    const order = tensor(device, permutation(streams.shuffle(options.seed, 1), 90), [90], "u32");
    for (const [i, rows] of [32, 32].entries()) {
      const batch = binarise(batchOf(data, rows, 32 * i, order.slice), streams.binarisation(options.seed, 1));
      const { reconstruction, kl } = elbo(vae, batch, { noise: streams.noise(options.seed, 3 + i) });
      const totals = [await reconstruction.read(), await kl.read()].map((values) => Array.from(values).reduce((a, b) => a + b));
      totals.forEach((total, term) => expect(Math.abs(sums[3 * i + 1 + term]! / total - 1), `step ${3 + i}`).toBeLessThan(1e-5));
    }
    [trainer, vae, data, order].forEach((owner) => owner.dispose());
  });

  test("validation draws the same noise in every epoch, batch by batch, and other noise than training", async () => {
    const [vae, rows] = [model(device), images(device, 600)];
    const history = await reports(vae, rows, { epochs: 3, learningRate: 1e-12, validation: rows });
    const lossOf = async (key: (seed: number, batch: number) => Key): Promise<number> => {
      const batches = [batchOf(rows, 512), batchOf(rows, 88, 512)].map((batch, i) => elbo(vae, batch, { noise: key(options.seed, i) }));
      const losses = await Promise.all(batches.map(({ reconstruction }) => reconstruction.read()));
      return losses.flatMap((values) => [...values]).reduce((a, b) => a + b) / 600;
    };
    const own = await lossOf(streams.validationNoise);
    for (const { validation } of history) expect(Math.abs(validation!.reconstruction / own - 1)).toBeLessThan(1e-6);
    expect(Math.abs((await lossOf(streams.noise)) / own - 1)).toBeGreaterThan(1e-5);
    [vae, rows].forEach((owner) => owner.dispose());
  });

  test("beta weighs the KL in the objective, not in negElbo", async () => {
    const [weak, strong] = [model(device), model(device)];
    const data = images(device, 512);
    const [[, low], [, high]] = [
      await reports(weak, data, { epochs: 2, beta: 0, learningRate: 1e-2 }),
      await reports(strong, data, { epochs: 2, beta: 20, learningRate: 1e-2 }),
    ];
    expect(high!.kl).toBeLessThan(low!.kl / 4);
    expect(high!.negElbo).toBeCloseTo(high!.reconstruction + high!.kl, 9);
    [weak, strong, data].forEach((owner) => owner.dispose());
  });

  test("an AbortSignal stops training, and everything that training allocated is freed", async () => {
    const [vae, data] = [model(device), images(device, 640)];
    vae.parameters.state("m");
    vae.parameters.state("v");
    const before = device.memory();
    const abort = new AbortController();
    const onProgress = (): void => abort.abort(new Error("enough"));
    await expect(reports(vae, data, { epochs: 100, signal: abort.signal, onProgress })).rejects.toThrow("enough");
    await expect(reports(vae, data, { signal: AbortSignal.abort(new Error("at once")) })).rejects.toThrow("at once");
    expect(device.memory()).toMatchObject({ live: before.live, liveBytes: before.liveBytes });
    [vae, data].forEach((owner) => owner.dispose());
  });
});

test("the losses of 100 steps and the parameters after 30 agree on all devices within 1e-3", async () => {
  const [cpu, ...others] = await devices();
  const run = async (device: Device) => {
    const [vae, data] = [model(device), images(device, 1000)];
    const trainer = new Trainer(vae, data, options);
    const losses: number[] = [];
    const collect = async (from: number, to: number): Promise<void> => {
      const sums = await trainer.sums();
      for (let i = from; i < to; i++) losses.push(sums[3 * i]!);
    };
    trainer.steps(30);
    await collect(0, 30);
    const after30 = await save(vae);
    const copy = model(device);
    device.copy(vae.parameters.value, copy.parameters.value);
    trainer.steps(2);
    await collect(30, 32);
    for (const steps of [32, 32, 4]) {
      trainer.steps(steps);
      await collect(0, steps);
    }
    return { losses, after30, copy };
  };
  const reference = await run(cpu!);
  expect(reference.losses).toHaveLength(100);
  for (const device of others) {
    const { losses, copy } = await run(device);
    losses.forEach((loss, i) => expect(Math.abs(loss / reference.losses[i]! - 1), `loss of step ${i + 1} on ${device.name}`).toBeLessThan(1e-3));
    expect(await distance(reference.copy, copy)).toBeLessThan(1e-3);
  }
  await Promise.all([cpu!, ...others].map((device) => device.close()));
});

/** Wraps `run` and returns the names of the kernels launched by `f`. */
function launched(device: Device, f: () => void): string[] {
  const names: string[] = [];
  const run = device.run.bind(device);
  Object.defineProperty(device, "run", {
    configurable: true,
    value: (...args: Parameters<Device["run"]>) => (names.push(args[0].name), run(...args)),
  });
  try {
    f();
  } finally {
    Reflect.deleteProperty(device, "run");
  }
  return names;
}

test("a step launches these kernels and no others: the first layer's input gradient is not computed", async () => {
  const [device, ...others] = await devices();
  const [vae, data] = [model(device!), images(device!, 64)];
  const trainer = new Trainer(vae, data, { ...options, capture: false });
  const names = launched(device!, () => trainer.steps(1));
  expect(names).toEqual([
    "dense_relu",
    "heads",
    "dense_relu",
    "dense_bernoulli_nll",
    "elbo_sums",
    "dense_grad",
    "dense_grad_relu",
    "heads_dense_grad",
    "dense_grad_weight_relu",
    "adam",
  ]);
  await Promise.all([device!, ...others].map((d) => d.close()));
});

test("on cpu, memory stays constant over 2,000 steps with partial batches and validation", async () => {
  const [device, ...others] = await devices();
  const [vae, data, validation] = [model(device!, [8]), images(device!, 70), images(device!, 40)];
  const seen: string[] = [];
  const iterator = train(vae, data, { ...options, epochs: 670, validation });
  for await (const { epoch } of iterator) if (epoch > 1) seen.push(JSON.stringify(device!.memory()));
  expect(seen).toHaveLength(669);
  expect(new Set(seen).size).toBe(1);
  await Promise.all([device!, ...others].map((d) => d.close()));
});

describe.skipIf(!hasWebGpu())("on webgpu", () => {
  test("after the first epoch, 2,000 steps create no buffer, bind group, pipeline or module, and memory is constant", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const { counts, reset } = countCalls(gpuDevice);
    const [vae, data, validation] = [model(device, [8]), images(device, 70), images(device, 40)];
    expect(counts.buffersCreated).toBeGreaterThan(0);
    const seen: string[] = [];
    for await (const { epoch } of train(vae, data, { ...options, epochs: 670, validation })) {
      if (epoch === 1) reset();
      else seen.push(JSON.stringify(device.memory()));
    }
    expect(counts).toMatchObject({ buffersCreated: 0, bindGroupsCreated: 0, pipelinesCreated: 0, modulesCreated: 0 });
    expect(counts.submits).toBeGreaterThan(0);
    expect(new Set(seen).size).toBe(1);
    await device.close();
  });

  test("everything is compiled ahead of the first step, partial batch and validation included, and waiting for it is told", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const [vae, data, validation] = [model(device, [8]), images(device, 70), images(device, 40)];
    let onCompile!: (compiling: Compiling) => void;
    const told = new Promise<Compiling>((resolve) => (onCompile = resolve));
    const now = vi.spyOn(gpuDevice, "createComputePipeline");
    const original = gpuDevice.createComputePipelineAsync.bind(gpuDevice);
    const ahead = vi.spyOn(gpuDevice, "createComputePipelineAsync").mockImplementation(async (descriptor) => {
      await told;
      return original(descriptor);
    });
    const all = await reports(vae, data, { epochs: 2, validation, onCompile });
    expect(all).toHaveLength(2);
    expect(now).not.toHaveBeenCalled();
    expect(ahead.mock.calls.length).toBeGreaterThan(5);
    expect((await told).shaders).toBe(ahead.mock.calls.length);
    await device.close();
  });

  test("another seed, size, learning rate or step compiles nothing", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const [vae, data] = [model(device, [8]), images(device, 70)];
    await reports(vae, data, {});
    const { counts } = countCalls(gpuDevice);
    await reports(vae, data, { seed: 77, learningRate: 0.01, batchSize: 20, beta: 2 });
    const other = new Vae(device, { input: 64, hidden: [13], latent: 3, likelihood: bernoulli(), seed: 8 });
    await reports(other, data, { seed: 78, batchSize: 11, epochs: 2 });
    expect(counts.buffersCreated).toBeGreaterThan(0);
    expect(counts).toMatchObject({ pipelinesCreated: 0, modulesCreated: 0 });
    await device.close();
  });
});

test("wrong options are refused in one line, before anything is allocated", async () => {
  const [device, ...others] = await devices();
  const vae = model(device!, [4]);
  const data = images(device!, 20);
  const live = device!.memory().live;
  const run = (extra: Partial<TrainOptions>, set: Dataset = data): Promise<unknown> => reports(vae, set, extra);
  await expect(run({})).rejects.toThrow("train: batchSize is at most the 20 rows of the data, got 32");
  await expect(run({ batchSize: 0 })).rejects.toThrow("train: batchSize is a whole number of at least 1, got 0");
  await expect(run({ batchSize: 4, epochs: 0 })).rejects.toThrow("train: epochs is a whole number of at least 1, got 0");
  await expect(run({ batchSize: 4, beta: -1 })).rejects.toThrow("train: beta is a number of at least 0, got -1");
  await expect(run({ batchSize: 4, learningRate: 0 })).rejects.toThrow("train: learningRate is a positive number, got 0");
  await expect(run({ batchSize: 4, seed: 0.5 })).rejects.toThrow("train: seed is a whole number of at least 0, got 0.5");
  const wide = dataset(device!, new Uint8Array(130), { columns: 65 });
  await expect(run({ batchSize: 1 }, wide)).rejects.toThrow("train: the model has 64 inputs, the data set 65 columns");
  wide.dispose();
  const raw = dataset(device!, digits.train.data.subarray(0, 640), { columns: 64 });
  await expect(run({ batchSize: 4 }, raw)).rejects.toThrow(
    /bernoulli: data must lie in \[0, 1\], found \d+ at row 0, column \d+ \(divide by 255, or use gaussian\(\)\)/,
  );
  await expect(run({ batchSize: 4, validation: raw })).rejects.toThrow("bernoulli: data must lie in [0, 1]");
  raw.dispose();
  const broken = dataset(device!, new Float32Array(128).fill(NaN, 70, 71), { columns: 64 });
  await expect(run({ batchSize: 1 }, broken)).rejects.toThrow("train: data is finite, found NaN at row 1, column 6");
  broken.dispose();
  expect(() => dataset(device!, [], { columns: 3 })).toThrow("dataset: there is no data, got 0 values (at least one row is needed)");
  expect(() => dataset(device!, [1, 2], { columns: 3 })).toThrow("dataset: rows are whole, got 2 values for 3 columns (2 are left over)");
  expect(device!.memory().live).toBe(live);
  for (const other of others) {
    const elsewhere = images(other, 20);
    await expect(run({ batchSize: 4 }, elsewhere)).rejects.toThrow(`train: model and data are on different devices (cpu and ${other.name})`);
  }
  await Promise.all([device!, ...others].map((d) => d.close()));
});
