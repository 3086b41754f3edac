/** What holds for every optimizer. The values themselves are PyTorch's: golden_optim.test.ts. */
import { describe, expect, test } from "vitest";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device, StepRow } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { type TypedArray, word } from "../../src/kernel.ts";
import { adam, adamW } from "../../src/nn/adam.ts";
import { clipByNorm, clipByValue } from "../../src/nn/clip.ts";
import type { FlatOptimizer } from "../../src/nn/optimizer.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { rmsprop } from "../../src/nn/rmsprop.ts";
import { sgd } from "../../src/nn/sgd.ts";
import { normals, onEachDevice } from "../support/conformance.ts";
import { countCalls, hasWebGpu, rawWebGpu } from "../support/raw_webgpu.ts";

type Make = (options: { learningRate?: number; weightDecay?: number }) => (parameters: Parameters) => FlatOptimizer;

const optimizers: readonly (readonly [name: string, make: Make])[] = [
  ["adam", adam],
  ["adamW", adamW],
  ["sgd", sgd],
  ["sgd with momentum", (options) => sgd({ ...options, momentum: 0.9 })],
  ["sgd with Nesterov's momentum", (options) => sgd({ ...options, momentum: 0.9, nesterov: true })],
  ["rmsprop", rmsprop],
];

const SIZE = 300;

const draw = (seed: number): Float64Array => Float64Array.from(normals(seed, [SIZE]).data);

/** Two parameters, so that there is padding between them and at the end. */
function parametersOn(device: Device, values: TypedArray = draw(1)): Parameters {
  const specs = ["a", "b"].map((name, i) => ({ name, shape: [SIZE / 2], values: values.slice((i * SIZE) / 2, ((i + 1) * SIZE) / 2) }));
  return new Parameters(device, specs);
}

function writeGradient(parameters: Parameters, values: TypedArray): void {
  parameters.gradients.forEach(({ slice }, i) => parameters.device.write(slice, values.slice((i * SIZE) / 2, ((i + 1) * SIZE) / 2)));
}

async function valuesOf(parameters: Parameters): Promise<number[]> {
  const parts = await Promise.all([...parameters.tensors.values()].map((tensor) => tensor.read()));
  return parts.flatMap((part) => [...part]);
}

/** The names of the step row's words, as a layout and as words. */
function wordsOf(optimizer: FlatOptimizer): { layout: Record<string, "f32">; words: Record<string, { word: string }> } {
  const names = Object.keys(optimizer.at(1));
  return { layout: Object.fromEntries(names.map((name) => [name, "f32"])), words: Object.fromEntries(names.map((name) => [name, word(name)])) };
}

await onEachDevice((device) => {
  describe.each(optimizers)("%s", (_, make) => {
    test("keeps the padding of values, gradient and states at zero", async () => {
      const parameters = parametersOn(device);
      const optimizer = make({ weightDecay: 0.1 })(parameters);
      for (let t = 0; t < 3; t++) {
        writeGradient(parameters, draw(2 + t));
        clipByNorm(parameters, 1);
        clipByValue(parameters, 0.1);
        optimizer.step();
      }
      const flats = [parameters.value, parameters.gradient, ...optimizer.states.map((name) => parameters.state(name))];
      for (const flat of flats) expect((await device.read(flat)).filter((value) => value !== 0)).toHaveLength(SIZE);
      parameters.dispose();
    });

    test("captured steps with a changing learning rate have the bits of eager ones", async () => {
      const results = [];
      for (const captured of [true, false]) {
        const parameters = parametersOn(device);
        const optimizer = make({})(parameters);
        const { layout, words } = wordsOf(optimizer);
        writeGradient(parameters, draw(2));
        const rows: StepRow[] = [1, 2, 3, 4].map((t) => optimizer.at(t, 0.1 / t));
        const step = captured ? device.capture(layout, () => optimizer.update(words)) : undefined;
        if (step) step.replay(rows);
        else for (const row of rows) device.step(layout, row, () => optimizer.update(words));
        results.push(await valuesOf(parameters));
        step?.dispose();
        parameters.dispose();
      }
      expect(results[0]).toEqual(results[1]);
    });

    test("starts afresh where another one has left its states", async () => {
      const [used, fresh] = [parametersOn(device), parametersOn(device)];
      const first = make({})(used);
      writeGradient(used, draw(3));
      first.step();
      for (const parameters of [used, fresh]) {
        parameters.tensors.forEach(({ slice }) => device.write(slice, new Float32Array(SIZE / 2).fill(1)));
        writeGradient(parameters, draw(4));
        make({})(parameters).step();
      }
      expect(await valuesOf(used)).toEqual(await valuesOf(fresh));
      [used, fresh].forEach((parameters) => parameters.dispose());
    });

    test("a learning rate of 0 moves nothing", async () => {
      const parameters = parametersOn(device);
      const before = await valuesOf(parameters);
      const optimizer = make({})(parameters);
      writeGradient(parameters, draw(5));
      optimizer.step(0);
      expect(await valuesOf(parameters)).toEqual(before);
      optimizer.step();
      expect(await valuesOf(parameters)).not.toEqual(before);
      parameters.dispose();
    });
  });
});

describe("weight decay, in f64", () => {
  const device = new CpuDevice({ precision: "f64" });
  const weightDecay = 0.3;

  /** The values after five steps; `change` may edit the gradient, seeing the values. */
  async function run(make: ReturnType<Make>, change: (g: number, p: number) => number): Promise<number[]> {
    const parameters = parametersOn(device);
    const optimizer = make(parameters);
    for (let t = 0; t < 5; t++) {
      const values = await valuesOf(parameters);
      writeGradient(
        parameters,
        draw(6 + t).map((g, i) => change(g, values[i]!)),
      );
      optimizer.step();
    }
    return valuesOf(parameters);
  }

  test.each(optimizers.filter(([name]) => name !== "adamW"))("of %s is weightDecay·p in the gradient", async (_, make) => {
    const got = await run(make({ weightDecay }), (g) => g);
    expect(got).toEqual(await run(make({}), (g, p) => g + weightDecay * p));
    expect(got).not.toEqual(await run(make({}), (g) => g));
  });

  test("of adamW is learningRate·weightDecay·p in the step, whatever the gradient", async () => {
    const [learningRate, before] = [0.01, draw(1)];
    const got = await run(adamW({ learningRate, weightDecay }), () => 0);
    got.forEach((value, i) => expect(value).toBeCloseTo(before[i]! * (1 - learningRate * weightDecay) ** 5, 14));
  });
});

test.skipIf(!hasWebGpu())("another learning rate, limit or momentum compiles nothing", async () => {
  const { device, gpuDevice } = await rawWebGpu();
  const parameters = parametersOn(device);
  const run = (scale: number): void => {
    for (const [, make] of optimizers) {
      const optimizer = make({ learningRate: 0.01 * scale, weightDecay: 0.01 * scale })(parameters);
      clipByNorm(parameters, scale);
      clipByValue(parameters, scale);
      optimizer.step();
      optimizer.step(0.001 * scale);
    }
    sgd({ momentum: 0.5 * scale })(parameters).step();
  };
  const { counts, reset } = countCalls(gpuDevice);
  run(1);
  await valuesOf(parameters);
  expect(counts.pipelinesCreated).toBeGreaterThan(0);
  reset();
  run(0.9);
  await valuesOf(parameters);
  expect(counts.submits).toBeGreaterThan(0);
  expect(counts).toMatchObject({ pipelinesCreated: 0, modulesCreated: 0 });
  await device.close();
});

test("wrong options are refused in one line, before anything is allocated", async () => {
  const device = await openDevice("cpu");
  const parameters = parametersOn(device);
  const { live } = device.memory();
  expect(() => adam({ beta2: 1 })).toThrow("adam: beta2 lies in [0, 1), got 1");
  expect(() => adam({ weightDecay: -1 })).toThrow("adam: weightDecay is a number of at least 0, got -1");
  expect(() => adamW({ epsilon: 0 })).toThrow("adamW: epsilon is a positive number, got 0");
  expect(() => adamW({ weightDecay: NaN })).toThrow("adamW: weightDecay is a number of at least 0, got NaN");
  expect(() => sgd({ momentum: 1 })).toThrow("sgd: momentum lies in [0, 1), got 1");
  expect(() => sgd({ learningRate: 0 })).toThrow("sgd: learningRate is a positive number, got 0");
  expect(() => sgd({ nesterov: true })).toThrow("sgd: nesterov looks ahead by the momentum, got momentum 0 (set it, for example to 0.9)");
  expect(() => rmsprop({ alpha: -0.1 })).toThrow("rmsprop: alpha lies in [0, 1), got -0.1");
  expect(() => clipByNorm(parameters, 0)).toThrow("clipByNorm: maxNorm is a positive number, got 0");
  expect(() => clipByValue(parameters, NaN)).toThrow("clipByValue: limit is a positive number, got NaN");
  expect(device.memory().live).toBe(live);
  const optimizer = rmsprop()(parameters);
  expect(() => optimizer.at(0)).toThrow("rmsprop: t is a whole number of at least 1, got 0");
  expect(() => optimizer.at(1, NaN)).toThrow("rmsprop: learningRate is a number of at least 0, got NaN");
  expect(() => optimizer.step(-1)).toThrow("rmsprop: learningRate is a number of at least 0, got -1");
  await device.close();
});

test("each optimizer says what it keeps between steps", async () => {
  const device = await openDevice("cpu");
  const parameters = parametersOn(device);
  const states = Object.fromEntries(optimizers.map(([name, make]) => [name, make({})(parameters).states]));
  expect(states).toEqual({
    adam: ["m", "v"],
    adamW: ["m", "v"],
    sgd: [],
    "sgd with momentum": ["m"],
    "sgd with Nesterov's momentum": ["m"],
    rmsprop: ["v"],
  });
  await device.close();
});
