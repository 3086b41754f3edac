import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import * as oracle from "../../src/lab/oracle/tensors.ts";
import { logSoftmax, logSumExp, softmax } from "../../src/ops/softmax.ts";
import { tensor } from "../../src/tensor.ts";
import { checkGradient, expectValues, normals, onEachDevice } from "../support/conformance.ts";

const cases: readonly (readonly [shape: readonly number[], axis: number])[] = [
  [[1], 0],
  [[65], 0],
  [[3, 300], 1],
  [[300, 3], 0],
  [[2, 3, 5], 1],
];

await onEachDevice((device) => {
  it.each(cases)("log Σ exp, softmax and its logarithm of %j along axis %i", async (shape, axis) => {
    const values = normals(1, shape, 8);
    const want = oracle.logSumExp(values, [axis]);
    const x = tensor(device, Float64Array.from(values.data), shape);
    await expectValues("logSumExp", logSumExp(x, [axis], true), want.y);
    await expectValues("softmax", softmax(x, axis), want.softmax);
    await expectValues("logSoftmax", logSoftmax(x, axis - shape.length), want.logSoftmax);
    await expectValues(
      "gradient",
      grad(logSumExp(x, [axis]), [x], {
        cotangent: tensor(device, new Float64Array(want.y.data.length).fill(1), shape.toSpliced(axis, 1)),
      })[0]!,
      want.softmax,
    );
  });

  it("do not overflow at ±10,000, nor at the largest numbers", async () => {
    const x = tensor(device, [1e4, 1e4, -1e4, -1e4, 3e38, 3e38], [3, 2]);
    expect(Array.from(await softmax(x).read())).toEqual([0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
    const got = await logSumExp(x, [1]).read();
    [1e4 + Math.LN2, -1e4 + Math.LN2, 3e38].forEach((want, i) => expect(Math.abs(got[i]! / want - 1)).toBeLessThan(2 ** -22));
  });

  it("give −∞ for all −∞, ∞ where one is, and NaN where one is", async () => {
    const x = tensor(device, [-Infinity, -Infinity, 1, Infinity, 1, NaN, -Infinity, 2], [4, 2]);
    expect(await logSumExp(x, [1]).read()).toEqual(Float32Array.of(-Infinity, Infinity, NaN, 2));
  });

  it("are NaN throughout a row with ∞ or NaN, or of nothing but −∞, and 0 where one of several is −∞", async () => {
    const rows = [
      [Infinity, 0, 1],
      [-Infinity, -Infinity, -Infinity],
      [NaN, 0, 1],
      [Infinity, -Infinity, 0],
      [Infinity, Infinity, 0],
      [-Infinity, 3, 3],
    ];
    const x = tensor(device, rows.flat(), [6, 3]);
    const cotangent = tensor(device, rows.flat().map((_, i) => 1 + (i % 3)), [6, 3]); // prettier-ignore
    const nan = new Array<number>(15).fill(NaN);
    expect(Array.from(await softmax(x).read())).toEqual([...nan, 0, 0.5, 0.5]);
    const [byLogSoftmax, bySoftmax] = [logSoftmax(x), softmax(x)].map((y) => grad(y, [x], { cotangent })[0]!);
    const logs = Array.from(await logSoftmax(x).read());
    expect(logs.slice(0, 16)).toEqual([...nan, -Infinity]);
    for (const log of logs.slice(16)) expect(log).toBeCloseTo(-Math.LN2, 6);
    expect(Array.from((await byLogSoftmax!.read()).slice(0, 16))).toEqual([...nan, 1]);
    expect(Array.from(await bySoftmax!.read(), (dx) => dx + 0)).toEqual([...nan, 0, -0.25, 0.25]);
    expect(Array.from(await logSumExp(x, [1]).read()).slice(0, 5)).toEqual([Infinity, -Infinity, NaN, Infinity, Infinity]);
    const [byLogSumExp] = grad(logSumExp(x, [1]), [x], { cotangent: tensor(device, [1, 1, 1, 1, 1, 1]) });
    expect(Array.from(await byLogSumExp!.read())).toEqual([NaN, 0, 0, NaN, NaN, NaN, NaN, NaN, NaN, NaN, 0, 0, NaN, NaN, 0, 0, 0.5, 0.5]);
  });
});

describe("log Σ exp", () => {
  it.each([undefined, [0], [1, 2]])("passes the gradient check over axes %j", async (axes) => {
    await checkGradient((x) => logSumExp(x, axes), [normals(2, [3, 4, 5])]);
  });

  it.each([0, 1, -1])("passes the gradient check as softmax along axis %i", async (axis) => {
    await checkGradient((x) => softmax(x, axis), [normals(3, [3, 4, 5])]);
    await checkGradient((x) => logSoftmax(x, axis), [normals(4, [3, 4, 5])]);
  });

  it("leaves only its result and what its gradient needs", () => {
    const device = new CpuDevice();
    const x = tensor(device, [1, 2, 3, 4], [2, 2]);
    const live = (f: () => unknown): number => {
      const before = device.memory().live;
      f();
      return device.memory().live - before;
    };
    expect([live(() => logSumExp(x)), live(() => softmax(x)), live(() => logSoftmax(x))]).toEqual([3, 1, 1]);
  });

  it("names the op that is given a wrong axis", () => {
    const x = tensor(new CpuDevice(), [1, 2]);
    expect(() => logSumExp(x, [1])).toThrow("logSumExp: axis 1 is out of range for shape [2] (it has rank 1)");
    expect(() => softmax(x, 1)).toThrow("softmax: axis 1 is out of range");
    expect(() => logSoftmax(x, -2)).toThrow("logSoftmax: axis -2 is out of range");
    expect(() => logSumExp(tensor(new CpuDevice(), [], [0]))).toThrow(RangeError);
  });
});
