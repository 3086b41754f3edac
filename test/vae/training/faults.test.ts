/** What goes wrong in long runs: losses that are not finite, a device that is lost, data that no device binds, memory that grows. TEST_LONG=1 takes longer. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type Dataset, dataset } from "../../../src/data/dataset.ts";
import { type Device, DeviceLostError, type Launch, type Slice } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { fill } from "../../../src/fill.ts";
import { onCall } from "../../../src/lab/trace/count_webgpu.ts";
import { adam } from "../../../src/nn/adam.ts";
import { add, mul, sub } from "../../../src/ops/binary.ts";
import { sqrt, square } from "../../../src/ops/unary.ts";
import { key, permutation } from "../../../src/random.ts";
import { tensor } from "../../../src/tensor.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { composedNll } from "../../../src/vae/likelihoods/composed_nll.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import type { Likelihood } from "../../../src/vae/likelihoods/likelihood.ts";
import { firstBadOutput } from "../../../src/vae/training/bad_values.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../../../src/vae/training/checkpoint.ts";
import { checkLosses, checkWeights } from "../../../src/vae/training/fault.ts";
import { NonFiniteError } from "../../../src/vae/training/losses.ts";
import { train } from "../../../src/vae/training/train.ts";
import type { TrainOptions } from "../../../src/vae/training/train_options.ts";
import { Trainer } from "../../../src/vae/training/trainer.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { readDigits } from "../../support/files.ts";
import { countCalls, hasWebGpu, rawWebGpu } from "../../support/raw_webgpu.ts";

const LONG = process.env["TEST_LONG"] === "1";
const digits = await readDigits();

const images = (device: Device, rows: number): Dataset =>
  dataset(device, digits.train.data.subarray(0, rows * 64), { columns: 64, scale: digits.train.scale });
const model = (device: Device, likelihood: Likelihood = bernoulli()): Vae =>
  new Vae(device, { input: 64, hidden: [12], latent: 3, likelihood, seed: 3 });

/** On 100 rows 7 steps an epoch, the last one of 4 rows. */
const options = { epochs: 4, batchSize: 16, seed: 11, learningRate: 1e-3 } satisfies TrainOptions;

async function drain(reports: AsyncIterable<unknown>): Promise<void> {
  for await (const report of reports) expect(report).toBeDefined();
}

/** The NonFiniteError that something rejects with. */
async function faultOf(running: Promise<unknown>): Promise<NonFiniteError> {
  const error: unknown = await running.then(
    () => "nothing was thrown",
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(NonFiniteError);
  return error as NonFiniteError;
}

/** Checkpoints as they come back from a file. */
function keeping(): { checkpoints: Checkpoint[]; onCheckpoint: (checkpoint: Checkpoint) => Promise<void> } {
  const checkpoints: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => {
    checkpoints.push(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    return Promise.resolve();
  };
  return { checkpoints, onCheckpoint };
}

/** A learning rate that is absurd at one step, counted from 1. */
const absurdAt = (at: number, rate: number) => (time: { step: number }) => (time.step === at - 1 ? rate : 1e-3);

/** (x − mean)², with a loss that is finite and a gradient that is NaN: √0 has none. */
const broken: Likelihood = {
  ...gaussian(),
  nll: (h, W, b, x) => composedNll(h, W, b, x, (means, data) => add(square(sub(data, means)), sqrt(mul(means, 0)))),
};

afterEach(() => void vi.restoreAllMocks());

const ADVICE = "(lower the learning rate, clip the gradient, or scale the data)";

await onEachDevice((device) => {
  /** Trains a model until it fails, and checks that only the model and its optimizer hold memory afterwards. */
  async function failing(vae: Vae, extra: Partial<TrainOptions>): Promise<NonFiniteError> {
    const data = images(device, 100);
    adam()(vae.parameters);
    const before = device.memory().live;
    const fault = await faultOf(drain(train(vae, data, { ...options, ...extra })));
    expect(device.memory().live).toBe(before);
    data.dispose();
    return fault;
  }

  test("a weight that is NaN from the start is named, before any step", async () => {
    const vae = model(device);
    device.write(vae.parameters.tensors.get("output.bias")!.slice, new Float32Array(64).fill(NaN, 63));
    const { message, step, tensor } = await failing(vae, {});
    expect(message).toBe(`train: step 1: the loss is NaN; the first tensor that is not finite is output.bias [64], before step 1 ${ADVICE}`);
    expect({ step, tensor }).toEqual({ step: 1, tensor: "output.bias [64]" });
    vae.dispose();
  });

  test.each([1, 2, 5, 6, 13, 14, 20])("after a step %i far off, the tensor that overflows is named, and the checkpoints are good", async (at) => {
    const vae = model(device);
    const { checkpoints, onCheckpoint } = keeping();
    const { message, step, tensor } = await failing(vae, { learningRate: absurdAt(at, 1e25), checkpointEvery: 3, onCheckpoint });
    const rows = (at + 1) % 7 === 0 ? 4 : 16;
    expect(step).toBe(at + 1);
    expect(tensor).toMatch(new RegExp(`^heads' (z \\[${rows}, 3\\]|kl \\[${rows}\\])$`));
    expect(message).toMatch(new RegExp(`^train: step ${at + 1}: the loss is (NaN|Infinity); the first tensor that is not finite is heads' `));
    expect(message.endsWith(`${tensor} ${ADVICE}`)).toBe(true);
    expect(checkpoints.map(({ state }) => state.step)).toEqual(Array.from({ length: Math.floor(at / 3) }, (_, i) => 3 * (i + 1)));
    for (const { tensors } of checkpoints) for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    vae.dispose();
  });

  test("a weight that an update makes infinite is named with the step before the loss's, and the model keeps its last good weights", async () => {
    const [vae, twin, data] = [model(device), model(device), images(device, 100)];
    const trainer = new Trainer(vae, data, { ...options, learningRate: absurdAt(9, 1e39) });
    trainer.steps(7);
    await checkLosses(trainer, await trainer.sums(), 0, 7);
    trainer.keep();
    trainer.steps(5);
    const { message, tensor } = await faultOf(trainer.sums().then((sums) => checkLosses(trainer, sums, 0, 5)));
    expect(message).toBe(`train: step 10: the loss is NaN; the first tensor that is not finite is ${tensor}, in step 9 ${ADVICE}`);
    expect(tensor).toBe("encoder.0.weight [64, 12]");
    const undisturbed = new Trainer(twin, data, options);
    undisturbed.steps(7);
    expect(trainer.step).toBe(7);
    expect(await save(vae)).toEqual(await save(twin));
    [trainer, undisturbed, vae, twin, data].forEach((owner) => owner.dispose());
  });

  test("weights are checked and kept as time goes by: a fault leaves the model at most that much older", async () => {
    let now = 0;
    vi.spyOn(performance, "now").mockImplementation(() => (now += 2000));
    const [vae, twin, data] = [model(device), model(device), images(device, 100)];
    const { message } = await failing(vae, { learningRate: absurdAt(9, 1e39) });
    expect(message).toMatch(
      /^train: step 9: the weights after it are not finite; the first tensor that is not finite is encoder\.0\.weight \[64, 12\] \(/,
    );
    const undisturbed = new Trainer(twin, data, options);
    undisturbed.steps(8);
    expect(await save(vae)).toEqual(await save(twin));
    [undisturbed, vae, twin, data].forEach((owner) => owner.dispose());
  });

  test("weights that the last step breaks are no result: no checkpoint has them, and training ends with an error", async () => {
    for (const checkpointEvery of [21, 100]) {
      const vae = model(device);
      const { checkpoints, onCheckpoint } = keeping();
      const fault = await failing(vae, { epochs: 3, learningRate: absurdAt(21, 1e39), checkpointEvery, onCheckpoint });
      expect(fault.message).toBe(
        `train: step 21: the weights after it are not finite; the first tensor that is not finite is encoder.0.weight [64, 12] ${ADVICE}`,
      );
      expect(checkpoints).toEqual([]);
      expect((await device.read(vae.parameters.value)).every(Number.isFinite)).toBe(true);
      vae.dispose();
    }
  });

  test("a gradient that goes bad under a finite loss is named where it began, without a step captured too", async () => {
    for (const capture of [true, false]) {
      const vae = model(device, broken);
      const { message, step } = await failing(vae, { capture });
      expect(step).toBe(2);
      expect(message).toMatch(/^train: step 2: the loss is NaN; the first tensor that is not finite is \w+'s dx \[16, 64\], in step 1 \(lower/);
      vae.dispose();
    }
  });

  test("a loss that is finite when it runs again is said to be so", async () => {
    const [vae, data] = [model(device), images(device, 100)];
    const trainer = new Trainer(vae, data, options);
    trainer.keep();
    trainer.steps(4);
    const sums = Float32Array.from(await trainer.sums());
    sums[3 * 2 + 1] = NaN;
    const { message, step, tensor } = await faultOf(checkLosses(trainer, sums, 0, 4));
    expect(message).toBe(`train: step 3: the loss is NaN; run again, it is finite ${ADVICE}`);
    expect({ step, tensor }).toEqual({ step: 3, tensor: undefined });
    await checkWeights(trainer);
    [trainer, vae, data].forEach((owner) => owner.dispose());
  });

  test("a validation whose loss overflows names its rows and the tensor", async () => {
    const vae = model(device, gaussian());
    const far = dataset(device, new Float32Array(600 * 64).fill(1e25, 520 * 64, 521 * 64), { columns: 64 });
    const { message } = await failing(vae, { validation: far });
    expect(message).toMatch(
      /^train: the validation's loss is (Infinity|NaN) in rows 512 to 599; the first tensor that is not finite is heads' (z \[88, 3\]|kl \[88\]) \(/,
    );
    [vae, far].forEach((owner) => owner.dispose());
  });

  test("a watcher is told of each launch, those of a group too, and of none that is only recorded or its own", async () => {
    const x = tensor(device, [1, 2, 3]);
    const launch = (value: number): Launch => ({ kernel: fill, inputs: [], outputs: [x.slice], params: { n: 3, value } });
    const seen: unknown[] = [];
    const allocated = ({ length }: Slice): void => void seen.push(`slice of ${length}`);
    const launched = ({ params }: Launch): void => {
      seen.push(params["value"]);
      device.free(device.alloc("f32", 5, "unscoped"));
    };
    const watch = (f: () => void): void => device.watch({ allocated, launched }, f);
    watch(() => device.runGroup([launch(1), launch(2)]));
    watch(() => device.free(device.alloc("f32", 4, "unscoped")));
    watch(() => device.capture({}, () => (device.alloc("f32", 1), device.runGroup([launch(3)]))).dispose());
    expect(() => watch(() => device.run(fill, [], [], { n: 3, value: 4 }))).toThrow("fill: takes 1 outputs, got 0");
    device.runGroup([launch(5)]);
    expect(seen).toEqual([1, 2, "slice of 4"]);
    const live = device.memory().live;
    const bad = await firstBadOutput(device, () => device.runGroup([launch(6), launch(-Infinity), launch(NaN), launch(7)]));
    expect([bad!.launch!.params["value"], bad!.index, bad!.output]).toEqual([-Infinity, 0, 0]);
    expect(await firstBadOutput(device, () => device.runGroup([launch(8)]))).toBeUndefined();
    const stale = device.alloc("f32", 1000, "unscoped");
    device.run(fill, [], [stale], { n: 1000, value: NaN });
    device.free(stale);
    const half = (): void => device.scope(() => device.run(fill, [], [device.alloc("f32", 1000)], { n: 500, value: 9 }));
    expect(await firstBadOutput(device, half), "memory that held NaN before").toBeUndefined();
    expect(device.memory().live).toBe(live);
    x.dispose();
  });

  test("timers have their turn between groups of steps", async () => {
    const [vae, data] = [model(device), images(device, 512)];
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const seen: number[] = [];
    const onProgress = (): void => void seen.push(turns);
    await drain(train(vae, data, { ...options, epochs: 3, batchSize: 4, onProgress }));
    clearInterval(timer);
    expect(seen.length).toBeGreaterThan(6);
    expect(new Set(seen).size).toBeGreaterThan(1);
    [vae, data].forEach((owner) => owner.dispose());
  });
});

test("a data set that the device cannot bind is refused with the limit, before anything is read or uploaded", async () => {
  const device = await openDevice("cpu");
  Object.defineProperty(device, "largest", { value: 1000 });
  expect(() => dataset(device, new Float32Array(260).fill(NaN), { columns: 26 })).toThrow(
    'dataset: cpu binds at most 1000 bytes in one piece, got 1040 for [10, 26] of f32 (bytes take a quarter of it: pass a Uint8Array with a scale; or open "wasm" or "cpu", which have no such limit)',
  );
  expect(() => dataset(device, new Uint8Array(1001), { columns: 1 })).toThrow("got 1001 for [1001, 1] of u8 (take fewer rows; or open");
  expect(device.memory().created).toBe(0);
  dataset(device, new Float32Array(250), { columns: 25 });
  await device.close();
});

describe.skipIf(!hasWebGpu())("on webgpu", () => {
  test("a data set above the adapter's limit creates and uploads nothing", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const { counts } = countCalls(gpuDevice);
    const limit = Math.min(gpuDevice.limits.maxStorageBufferBindingSize, gpuDevice.limits.maxBufferSize);
    const rows = Math.floor(limit / 784) + 1;
    expect(() => dataset(device, new Uint8Array(rows * 784), { columns: 784 })).toThrow(
      `dataset: webgpu binds at most ${limit} bytes in one piece, got ${rows * 784} for [${rows}, 784] of u8 (take fewer rows`,
    );
    expect(counts).toMatchObject({ buffersCreated: 0, writes: 0 });
    await device.close();
  });

  test("a submit holds at most 16 steps, however many are asked for", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const [vae, data] = [model(device), images(device, 512)];
    const trainer = new Trainer(vae, data, { ...options, batchSize: 4 });
    const { counts, reset } = countCalls(gpuDevice);
    trainer.steps(1);
    const one = counts.dispatches;
    let most = 0;
    onCall(gpuDevice.queue, "submit", () => {
      most = Math.max(most, counts.dispatches);
      reset();
    });
    trainer.steps(100);
    await trainer.sums();
    expect(one).toBeGreaterThan(5);
    expect(most).toBe(16 * one);
    await device.close();
  });

  /** How many devices are destroyed. */
  const LOSSES = LONG ? 20 : 5;
  const steps = permutation(key(2027), 27).slice(0, LOSSES);

  test(`a device that is destroyed at any of ${LOSSES} random steps ends training at once; the last checkpoint goes on to the same bits`, async () => {
    const { device } = await rawWebGpu();
    const run = async (extra: Partial<TrainOptions>): Promise<Uint8Array> => {
      const [vae, data] = [model(device), images(device, 100)];
      await drain(train(vae, data, { ...options, learningRate: () => 1e-3, ...extra }));
      const file = await save(vae);
      [vae, data].forEach((owner) => owner.dispose());
      return file;
    };
    const whole = await run({});
    for (const [i, at] of steps.entries()) {
      const { checkpoints, error, later } = await destroyedAt(at, i % 2 === 0);
      expect(error, `destroyed at step ${at + 1}`).toBeInstanceOf(DeviceLostError);
      expect(later, `reports after step ${at + 1}`).toBe(0);
      expect(checkpoints.length).toBe(Math.floor(at / 2));
      const last = checkpoints.at(-1);
      expect(await run(last ? { resume: last } : {}), `resumed after step ${last?.state.step ?? 0}`).toEqual(whole);
    }
    await device.close();
  });

  /** Trains on a device of its own, which is destroyed while step `at` is `recording`, or else while it is waited for. */
  async function destroyedAt(at: number, recording: boolean): Promise<{ checkpoints: Checkpoint[]; error: unknown; later: number }> {
    const { device, gpuDevice } = await rawWebGpu();
    const { checkpoints, onCheckpoint } = keeping();
    let destroyed = false;
    let later = 0;
    const destroy = (): void => {
      destroyed = true;
      gpuDevice.destroy();
    };
    // the first time that a step is asked for, the schedule is only tried
    let asked = 0;
    const learningRate = ({ step }: { step: number }): number => {
      const now = step === at && ++asked === 2;
      if (now && recording) destroy();
      else if (now) queueMicrotask(destroy);
      return 1e-3;
    };
    const onProgress = (): void => void (destroyed && later++);
    const extra = { learningRate, onProgress, checkpointEvery: 2, onCheckpoint };
    const error: unknown = await drain(train(model(device), images(device, 100), { ...options, ...extra })).catch((thrown: unknown) => thrown);
    return { checkpoints, error, later };
  }

  test.runIf(LONG)("20,000 steps create no GPU object and hold no more memory than the first 4,000", { timeout: 900_000 }, async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const { device, gpuDevice } = await rawWebGpu();
    const { counts, reset } = countCalls(gpuDevice);
    const vae = new Vae(device, { input: 64, hidden: [64], latent: 8, likelihood: bernoulli(), seed: 3 });
    const data = images(device, 1280);
    let held = 0;
    for await (const { epoch } of train(vae, data, { ...options, batchSize: 32, epochs: 500 })) {
      if (epoch !== 100 && epoch !== 500) continue;
      collectGarbage();
      const resident = process.memoryUsage.rss();
      if (epoch === 500) expect(resident - held).toBeLessThan(20e6);
      else expect(counts.buffersCreated).toBeGreaterThan(0);
      held = resident;
      if (epoch === 100) reset();
    }
    expect(counts).toMatchObject({ buffersCreated: 0, bindGroupsCreated: 0, pipelinesCreated: 0, modulesCreated: 0 });
    expect(counts.submits).toBeGreaterThan(1000);
    await device.close();
  });
});
