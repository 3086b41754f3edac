import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { elementwise } from "../../src/lab/oracle/tensors.ts";
import type { Values } from "../../src/lab/oracle/terms.ts";
import { unary as oracle } from "../../src/lab/oracle/unary.ts";
import { activations } from "../../src/ops/activation.ts";
import { add } from "../../src/ops/binary.ts";
import { normalCdf } from "../../src/ops/special.ts";
import * as ops from "../../src/ops/unary.ts";
import type { Unary } from "../../src/ops/unary_op.ts";
import { unaryTable } from "../../src/ops/unary_rows.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, expectValues, normals, onEachDevice } from "../support/conformance.ts";

type Op = (x: Tensor, ...constants: number[]) => Tensor;

const names = Object.keys(unaryTable);

const op = (name: string): Op => (ops as unknown as Record<string, Op>)[name]!;
const constantsOf = (name: string): readonly number[] => oracle[name]?.constants ?? [];
const domainOf = (name: string): readonly [number, number] => oracle[name]?.domain ?? [-Infinity, Infinity];
const vector = (...data: number[]): Values => ({ shape: [data.length], data: data.map(Math.fround) });

/** Numbers within the function's domain, and away from 0, where there may be a kink or a pole. */
function inputs(name: string, shape: number[], scale = 2): Values {
  const [low, high] = domainOf(name);
  const within = (x: number): number => (low > -Infinity && high === Infinity ? low + Math.abs(x) : Math.min(Math.max(x, low), high));
  return { shape, data: Array.from(normals(1, shape, scale).data, (x) => Math.fround(within(x + 0.05 * Math.sign(x)))) };
}

describe("the table", () => {
  test.each(Object.values({ ...unaryTable, identity: activations.identity }))(
    "$name has a derivative that looks only at what it needs",
    (fn: Unary) => {
      const [a, b] = constantsOf(fn.name);
      for (const x of inputs(fn.name, [50]).data as number[]) {
        const y = fn.f(x, a ?? 0, b ?? 0);
        const df = fn.df(x, y, a ?? 0, b ?? 0);
        expect(fn.needs === "x" ? fn.df(x, NaN, a ?? 0, b ?? 0) : fn.df(NaN, y, a ?? 0, b ?? 0)).toBe(df);
      }
    },
  );
});

describe("gradients", () => {
  test.each(names)("%s agrees with central differences in f64", async (name) => {
    await checkGradient((x) => op(name)(x, ...constantsOf(name)), [inputs(name, [7, 11], 0.7)]);
  });
});

describe("normalCdf", () => {
  test.each([
    [-37.5, 4.605353009581954e-308],
    [-20.5, 1.076467325879096e-93],
    [-5.25, 7.604960516488715e-8],
    [-1, 0.15865525393145705],
    [-1e-3, 0.49960105778608893],
    [0.5, 0.6914624612740131],
    [2, 0.9772498680518208],
  ])("is right to a few units in the last place at %d (50-digit arithmetic)", (x, want) => {
    expect(Math.abs(normalCdf(x) / want - 1)).toBeLessThan(8 * Number.EPSILON);
  });
});

describe("the continuous Bernoulli's log normaliser", () => {
  test("has a derivative without cancellation on both sides of where its formula changes", () => {
    const { df } = unaryTable["continuousBernoulliLogNormaliser"]!;
    expect(df(1e-9, 0, 0, 0) / (1e-9 / 6)).toBeCloseTo(1, 14);
    // 1/2 − 1/sinh(2) in 50-digit arithmetic
    expect(df(2, 0, 0, 0) / 0.2242794352282168).toBeCloseTo(1, 14);
    expect(df(2 + 2 ** -50, 0, 0, 0) / df(2, 0, 0, 0)).toBeCloseTo(1, 13);
  });
});

describe("errors", () => {
  const device = new CpuDevice();
  const x = tensor(device, [1, 2]);

  test.each(names)("%s refuses indices and freed tensors by name", (name) => {
    const freed = tensor(device, [1]);
    freed.dispose();
    const constants = constantsOf(name);
    expect(() => op(name)(tensor(device, [1], [1], "u32"), ...constants)).toThrow(new TypeError(`${name}: x is f32, got u32`));
    expect(() => op(name)(freed, ...constants)).toThrow(new TypeError(`${name}: x was disposed`));
    expect(() => op(name)(3 as unknown as Tensor, ...constants)).toThrow(new TypeError(`${name}: x is a tensor, got number`));
  });

  test("constants out of range are refused", () => {
    expect(() => ops.clamp(x, 2, 1)).toThrow(new RangeError("clamp: min is at most max, got min 2 and max 1"));
    expect(() => ops.clamp(x, NaN, 1)).toThrow(RangeError);
    expect(() => ops.leakyRelu(x, -0.1)).toThrow(new RangeError("leakyRelu: slope is at least 0, got -0.1"));
    expect(() => ops.elu(x, -1)).toThrow(new RangeError("elu: alpha is at least 0, got -1"));
  });
});

await onEachDevice((device) => {
  const run = (name: string, x: Values, seed = 2): Promise<void> => {
    const dy = normals(seed, [...x.shape]);
    const constants = constantsOf(name);
    return expectOp(device, (t) => op(name)(t, ...constants), [x], dy, elementwise(oracle[name]!, [x], constants, dy));
  };

  test.each(names)("%s: values and gradients of 0, 1, 63, 64, 65, 257 and 3×5×7×11 elements", async (name) => {
    for (const shape of [[0], [], [63], [64], [65], [257], [3, 5, 7, 11]]) await run(name, inputs(name, shape));
  });

  test.each(names)("%s keeps its accuracy from 1e-30 to 60", async (name) => {
    const sizes = [1e-30, 1e-6, 1e-4, 0.01, 0.1, 0.24, 0.26, 0.499, 0.501, 0.9, 0.999, 1.001, 1.5, 1.999, 2.001, 3, 5, 9, 9.9, 10.1, 20.5, 60];
    const [low, high] = domainOf(name);
    await run(name, vector(...sizes.flatMap((x) => [x, -x]).filter((x) => x > low && x < high)));
  });

  test.each(names.flatMap((name) => Object.entries(oracle[name]!.danger).map(([what, at]) => [name, what, at[0]!] as const)))(
    "%s %s",
    async (name, _, at) => run(name, vector(...at)),
  );

  test.each(names)("%s passes NaN on", async (name) => {
    const y = op(name)(tensor(device, [NaN, 1, NaN]), ...constantsOf(name));
    expect(Array.from(await y.read(), Number.isNaN)).toEqual([true, false, true]);
  });

  test.each(names.filter((name) => name !== "neg"))("%s has a gradient of NaN at NaN", async (name) => {
    const x = tensor(device, [NaN, 1, NaN, 1, 0.5]);
    const [gradient] = grad(op(name)(x, ...constantsOf(name)), [x], { cotangent: tensor(device, [1, 1, -2, 0, 1]) });
    expect(Array.from(await gradient!.read(), Number.isNaN)).toEqual([true, false, true, false, false]);
  });

  test("a tensor used twice accumulates its gradients", async () => {
    const x = inputs("exp", [65]);
    const t = tensor(device, Float64Array.from(x.data), x.shape);
    const ones = { shape: [65], data: new Float64Array(65).fill(1) };
    const [gradient] = grad(add(ops.exp(t), ops.square(t)), [t], { cotangent: tensor(device, ones.data) });
    const [first, second] = ["exp", "square"].map((name) => elementwise(oracle[name]!, [x], [], ones).gradients[0]!);
    const sum = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array => Float64Array.from(a, (v, i) => v + b[i]!);
    await expectValues("exp(x) + 2x", gradient!, {
      shape: [65],
      data: sum(first!.data, second!.data),
      tolerance: sum(first!.tolerance, second!.tolerance),
    });
  });
});
