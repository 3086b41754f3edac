import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { probability as oracle } from "../../src/lab/oracle/elementwise.ts";
import { elementwise, logSumExp } from "../../src/lab/oracle/tensors.ts";
import { type Expected, ULP, type Values } from "../../src/lab/oracle/terms.ts";
import { conditionalDense } from "../../src/ops/conditional_dense.ts";
import { oneHot } from "../../src/ops/one_hot.ts";
import { gaussianKlBetween, gaussianNll, softmaxCrossEntropy } from "../../src/ops/probability.ts";
import { empty, tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, normals, onEachDevice } from "../support/conformance.ts";

const vector = (...data: number[]): Values => ({ shape: [data.length], data: data.map(Math.fround) });

/** log(Σ exp(logits)) − logits[label], and softmax − one-hot times dy. */
function crossEntropy(logits: Values, labels: readonly number[], dy: Values): { y: Expected; gradients: Expected[] } {
  const classes = logits.shape[1]!;
  const { logSoftmax, softmax } = logSumExp(logits, [1]);
  const picked = labels.map((label, i) => i * classes + label);
  const row = (i: number): number => Math.floor(i / classes);
  const hit = (i: number): number => (labels[row(i)] === i % classes ? 1 : 0);
  const each = (of: (i: number) => number): Float64Array => Float64Array.from(softmax.data, (_, i) => of(i));
  return {
    y: {
      shape: [labels.length],
      data: Float64Array.from(picked, (at) => -logSoftmax.data[at]!),
      tolerance: Float64Array.from(picked, (at) => logSoftmax.tolerance[at]!),
    },
    gradients: [
      {
        shape: logits.shape,
        data: each((i) => dy.data[row(i)]! * (softmax.data[i]! - hit(i))),
        tolerance: each((i) => Math.abs(dy.data[row(i)]!) * (softmax.tolerance[i]! + 10 * ULP * (softmax.data[i]! + hit(i)))),
      },
    ],
  };
}

describe("gradients", () => {
  test("gaussianNll agrees with central differences by mean, logVar and x, also where they broadcast", async () => {
    await checkGradient(gaussianNll, [normals(1, [4, 3]), normals(2, [4, 3]), normals(3, [4, 3])]);
    await checkGradient(gaussianNll, [normals(1, [4, 3]), normals(2, [3]), normals(3, [4, 3])]);
    await checkGradient((mean, x) => gaussianNll(mean, -1.5, x), [normals(1, [4, 3]), normals(3, [4, 3])]);
  });

  test("gaussianKlBetween agrees with central differences by all four", async () => {
    await checkGradient(gaussianKlBetween, [normals(1, [4, 3]), normals(2, [4, 3]), normals(3, [3]), normals(4, [])]);
  });

  test("softmaxCrossEntropy agrees with central differences by the logits", async () => {
    await checkGradient((logits) => softmaxCrossEntropy(logits, tensor(logits.device, [2, 0, 1, 4], [4], "u32")), [normals(1, [4, 5])]);
  });
});

describe("errors", () => {
  const device = new CpuDevice();
  const logits = tensor(device, [1, 2, 3, 4, 5, 6], [2, 3]);
  const labels = tensor(device, [0, 2], [2], "u32");

  test("softmaxCrossEntropy names the shapes and kinds that it wants", () => {
    const rule = "softmaxCrossEntropy: logits is [B, C] and labels [B], got";
    expect(() => softmaxCrossEntropy(logits, tensor(device, [1], [1], "u32"))).toThrow(new RangeError(`${rule} [2, 3] and [1]`));
    expect(() => softmaxCrossEntropy(tensor(device, [1, 2]), labels)).toThrow(new RangeError(`${rule} [2] and [2]`));
    expect(() => softmaxCrossEntropy(logits, logits)).toThrow(new TypeError("softmaxCrossEntropy: labels is u32, got f32"));
    expect(() => softmaxCrossEntropy(labels, labels)).toThrow(new TypeError("softmaxCrossEntropy: logits is f32, got u32"));
  });

  test("oneHot wants a vector of indices and at least one class", () => {
    expect(() => oneHot(logits, 3)).toThrow(new TypeError("oneHot: labels is u32, got f32"));
    expect(() => oneHot(tensor(device, [1, 2], [1, 2], "u32"), 3)).toThrow(new RangeError("oneHot: labels has rank 1, got [1, 2]"));
    expect(() => oneHot(labels, 0)).toThrow(new RangeError("oneHot: classes is a whole number of at least 1, got 0"));
  });

  test("labels beyond the classes are refused", () => {
    expect(() => softmaxCrossEntropy(logits, tensor(device, [0, 3], [2], "u32"))).toThrow(
      new RangeError("softmaxCrossEntropy: labels are 0 to 2, found 3 at row 1"),
    );
    expect(() => oneHot(labels, 2)).toThrow(new RangeError("oneHot: labels are 0 to 1, found 2 at row 1"));
    const [W, b] = [tensor(device, [1, 2, 3], [3, 1]), tensor(device, [0])];
    expect(() => conditionalDense(logits, W, b, tensor(device, [1, 2], [2, 1]), labels)).toThrow(
      new RangeError("conditionalDense: labels are 0 to 1, found 2 at row 1"),
    );
  });
});

await onEachDevice((device) => {
  const runNll = (...inputs: [Values, Values, Values]): Promise<void> => {
    const dy = normals(9, [...elementwise(oracle["gaussianNll"]!, inputs).y.shape]);
    return expectOp(device, gaussianNll, inputs, dy, elementwise(oracle["gaussianNll"]!, inputs, [], dy));
  };
  const runKl = (...inputs: [Values, Values, Values, Values]): Promise<void> => {
    const dy = normals(9, [...elementwise(oracle["gaussianKlBetween"]!, inputs).y.shape]);
    return expectOp(device, gaussianKlBetween, inputs, dy, elementwise(oracle["gaussianKlBetween"]!, inputs, [], dy));
  };

  test("gaussianNll: values and gradients of 0, 1, 65 and 17×31 elements, and one variance per column", async () => {
    for (const shape of [[0], [1], [65], [17, 31]]) await runNll(normals(1, shape), normals(2, shape), normals(3, shape));
    await runNll(normals(1, [17, 31]), normals(2, [31]), normals(3, [17, 31]));
  });

  test.each(Object.entries(oracle["gaussianNll"]!.danger))("gaussianNll %s", async (_, [mean, logVar, x]) => {
    await runNll(vector(...mean!), vector(...logVar!), vector(...x!));
  });

  test.each(Object.entries(oracle["gaussianKlBetween"]!.danger))("gaussianKlBetween %s", async (_, [mean, logVar, priorMean, priorLogVar]) => {
    await runKl(vector(...mean!), vector(...logVar!), vector(...priorMean!), vector(...priorLogVar!));
  });

  test("gaussianNll is finite and accurate for log-variances from −60 to 80", async () => {
    const logVar = vector(-60, -20, -10, 0, 10, 20, 60, 80);
    await runNll(normals(1, [8]), logVar, normals(3, [8]));
  });

  test("gaussianKlBetween: values and gradients, equal normals, and large differences", async () => {
    for (const shape of [[0], [1], [65], [5, 13]]) await runKl(normals(1, shape), normals(2, shape), normals(3, shape), normals(4, shape));
    await runKl(vector(1, 1, 0, 3), vector(0.5, 0.5001, -30, 20), vector(1, 1, 0, -3), vector(0.5, 0.5, 20, -10));
  });

  test("softmaxCrossEntropy: values and gradients, at ±1000 too", async () => {
    const dy = normals(9, [4]);
    const labels = [2, 0, 1, 2];
    const ordinary = normals(1, [4, 3], 2);
    const extreme: Values = { shape: [4, 3], data: [1000, -1000, 0, 1000, 1000, 1000, -1000, -1000, 999, 88, 89, 90] };
    for (const logits of [ordinary, extreme]) {
      const f = (l: Parameters<typeof softmaxCrossEntropy>[0]) => softmaxCrossEntropy(l, tensor(device, labels, [4], "u32"));
      await expectOp(device, f, [logits], dy, crossEntropy(logits, labels, dy));
    }
  });

  test("softmaxCrossEntropy of an impossible class is infinite, and other impossible classes do not matter", async () => {
    const logits = tensor(device, [0, -Infinity, 0, -Infinity, 0, 0], [2, 3]);
    const y = Array.from(await softmaxCrossEntropy(logits, tensor(device, [1, 1], [2], "u32")).read());
    expect(y[0]).toBe(Infinity);
    expect(y[1]).toBeCloseTo(Math.LN2, 6);
    const [gradient] = grad(softmaxCrossEntropy(logits, tensor(device, [0, 1], [2], "u32")), [logits], { cotangent: tensor(device, [1, 1]) });
    expect(Array.from(await gradient!.read(), (g) => Math.round(g * 1e4) / 1e4)).toEqual([-0.5, 0, 0.5, 0, -0.5, 0.5]);
  });

  test("softmaxCrossEntropy is NaN where a label is of no class, which only the device knows", async () => {
    const labels = empty(device, [3], "u32");
    device.write(labels.slice, Uint32Array.of(1, 2, 4294967295));
    const logits = tensor(device, [0, 0, 1, 0, 0, 0], [3, 2]);
    const [first, ...others] = await softmaxCrossEntropy(logits, labels).read();
    expect(first).toBeCloseTo(Math.LN2, 6);
    expect(others).toEqual([NaN, NaN]);
  });

  test("oneHot: rows of zeros with a one at the label, and without one where only the device knows that there is no such class", async () => {
    const labels = empty(device, [3], "u32");
    device.write(labels.slice, Uint32Array.of(2, 0, 5));
    expect(Array.from(await oneHot(labels, 3).read())).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
    expect((await oneHot(tensor(device, [], [0], "u32"), 3).read()).length).toBe(0);
  });
});
