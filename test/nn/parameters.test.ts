import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { openDevice } from "../../src/device/open.ts";
import { Adam } from "../../src/nn/adam.ts";
import { glorot, he, linear } from "../../src/nn/init.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { sum } from "../../src/ops/reduce.ts";
import { square } from "../../src/ops/unary.ts";
import { key } from "../../src/random.ts";
import { onEachDevice } from "../support/conformance.ts";

const specs = [
  { name: "a", shape: [3], values: Float64Array.of(1, 2, 3) },
  { name: "b", shape: [2, 2], values: Float64Array.of(4, 5, 6, 7) },
];

await onEachDevice((device) => {
  test("parameters are named parts of one flat buffer, whose padding stays zero under Adam", async () => {
    const parameters = new Parameters(device, specs);
    const [a, b] = [parameters.tensors.get("a")!, parameters.tensors.get("b")!];
    expect([...(await b.read())]).toEqual([4, 5, 6, 7]);
    grad(sum(square(b)), [a, b], { into: parameters.gradients });
    expect([...(await parameters.gradients[0]!.read())]).toEqual([0, 0, 0]);
    expect([...(await parameters.gradients[1]!.read())]).toEqual([8, 10, 12, 14]);
    const adam = new Adam(parameters, { learningRate: 0.5 });
    adam.step();
    expect([...(await a.read())]).toEqual([1, 2, 3]);
    // the first step of Adam moves by the learning rate, whatever the gradient's size
    (await b.read()).forEach((value, i) => expect(value).toBeCloseTo([3.5, 4.5, 5.5, 6.5][i]!, 6));
    const flat = await device.read(parameters.value);
    expect(flat.filter((value) => value !== 0)).toHaveLength(7);
    expect(flat.length * 4).toBeGreaterThanOrEqual(device.alignment + 16);
    parameters.dispose();
    await expect(a.read()).rejects.toThrow("read: the tensor was freed with its parameters");
  });

  test("frozen parameters share the values and record nothing", async () => {
    const parameters = new Parameters(device, specs);
    const frozen = parameters.frozen().get("a")!;
    const y = sum(square(frozen));
    expect([frozen.tracked, y.tracked, y.origin]).toEqual([false, false, undefined]);
    expect(() => grad(y, [frozen])).toThrow("grad: wrt[0] is a constant");
    device.write(parameters.tensors.get("a")!.slice, Float32Array.of(9, 9, 9));
    expect([...(await frozen.read())]).toEqual([9, 9, 9]);
    parameters.dispose();
  });

  test("parameters made inside of a scope outlive it", async () => {
    const parameters = device.scope(() => {
      const made = new Parameters(device, specs);
      return () => made;
    })();
    expect([...(await parameters.tensors.get("a")!.read())]).toEqual([1, 2, 3]);
    parameters.dispose();
  });
});

describe("initialisers", () => {
  const moments = (values: Float64Array): [mean: number, variance: number, largest: number] => {
    const mean = values.reduce((a, b) => a + b) / values.length;
    return [mean, values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length, values.reduce((a, b) => Math.max(a, Math.abs(b)), 0)];
  };
  const fanIn = 100;
  const fanOut = 200;

  // 20,000 draws: four standard errors of a mean are 0.028 deviations, of a variance at most 4 %
  test.each([
    ["linear", linear, 1 / 300, 0.1],
    ["glorot", glorot, 6 / 300 / 3, Math.sqrt(6 / 300)],
    ["he", he, 2 / 100, Infinity],
  ] as const)("%s has the variance and the bounds that it states", (_, init, variance, bound) => {
    const { weight, bias } = init(fanIn, fanOut, key(7));
    const [mean, got, largest] = moments(weight);
    expect(weight).toHaveLength(fanIn * fanOut);
    expect(Math.abs(mean)).toBeLessThan(0.028 * Math.sqrt(variance));
    expect(Math.abs(got / variance - 1)).toBeLessThan(0.04);
    expect(largest).toBeLessThanOrEqual(bound);
    expect(bias).toHaveLength(fanOut);
    if (init === linear) expect(moments(bias)[2]).toBeGreaterThan(0.09);
    else expect(moments(bias)[2]).toBe(0);
    expect(init(fanIn, fanOut, key(7))).toEqual({ weight, bias });
    expect(init(fanIn, fanOut, key(8)).weight).not.toEqual(weight);
  });
});

test("wrong options are refused in one line", async () => {
  const device = await openDevice("cpu");
  const wrong = (values: Float64Array, name = "w") => [{ name, shape: [2], values }];
  expect(() => new Parameters(device, wrong(Float64Array.of(1)))).toThrow("parameters: w of shape [2] holds 2 values, got 1");
  const twice = [...wrong(Float64Array.of(1, 2)), ...wrong(Float64Array.of(1, 2))];
  expect(() => new Parameters(device, twice)).toThrow('parameters: names differ, got "w" twice');
  expect(device.memory().live).toBe(0);
  const parameters = new Parameters(device, specs);
  expect(() => new Adam(parameters, { beta1: 1 })).toThrow("adam: beta1 lies in [0, 1), got 1");
  expect(() => new Adam(parameters, { epsilon: 0 })).toThrow("adam: epsilon is a positive number, got 0");
  expect(() => new Adam(parameters, { learningRate: NaN })).toThrow("adam: learningRate is a positive number, got NaN");
});
