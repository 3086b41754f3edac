import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { unary as oracle } from "../../src/lab/oracle/elementwise.ts";
import { elementwise } from "../../src/lab/oracle/tensors.ts";
import type { Values } from "../../src/lab/oracle/terms.ts";
import { add } from "../../src/ops/binary.ts";
import { normalCdf } from "../../src/ops/special.ts";
import * as ops from "../../src/ops/unary.ts";
import { activations, type Unary, unaryTable } from "../../src/ops/unary.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, expectValues, normals, onEachDevice } from "../support/conformance.ts";

type Op = (x: Tensor, ...constants: number[]) => Tensor;

/** The constants that a function is tested with, in f32. */
const CONSTANTS: Readonly<Record<string, number[]>> = { leakyRelu: [Math.fround(0.2)], elu: [1.5], clamp: [-1, 1.5] };
const POSITIVE = new Set(["sqrt", "rsqrt", "log"]);
const KINKED = new Set(["abs", "relu", "leakyRelu", "elu", "clamp"]);

const op = (name: string): Op => (ops as unknown as Record<string, Op>)[name]!;
const constantsOf = (name: string): number[] => CONSTANTS[name] ?? [];
const vector = (...data: number[]): Values => ({ shape: [data.length], data: data.map(Math.fround) });

/** Numbers within the function's domain, and for gradient checks away from its kinks. */
function inputs(name: string, shape: number[], scale = 2): Values {
  const { data } = normals(1, shape, scale);
  if (POSITIVE.has(name)) return { shape, data: Array.from(data, (x) => Math.fround(Math.abs(x) + 0.01)) };
  if (name === "log1p") return { shape, data: Array.from(data, (x) => Math.fround(Math.expm1(x))) };
  if (name === "reciprocal" || KINKED.has(name)) return { shape, data: Array.from(data, (x) => Math.fround(x + 0.05 * Math.sign(x))) };
  return { shape, data };
}

describe("the table", () => {
  test("has an op and a formula of the oracle for every function", () => {
    expect(Object.keys(unaryTable).sort()).toEqual(Object.keys(oracle).sort());
    for (const name of Object.keys(unaryTable)) expect(op(name), name).toBeTypeOf("function");
  });

  test.each(Object.values({ ...unaryTable, identity: activations.identity.unary }))(
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

  test("names every activation after its function", () => {
    for (const [name, { unary }] of Object.entries(activations)) expect(unary.name).toBe(name);
  });
});

describe("gradients", () => {
  test.each(Object.keys(unaryTable))("%s agrees with central differences in f64", async (name) => {
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

  test.each(Object.keys(unaryTable))("%s refuses indices and freed tensors by name", (name) => {
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

  test.each(Object.keys(unaryTable))("%s: values and gradients of 0, 1, 63, 64, 65, 257 and 3×5×7×11 elements", async (name) => {
    for (const shape of [[0], [], [63], [64], [65], [257], [3, 5, 7, 11]]) await run(name, inputs(name, shape));
  });

  test.each(Object.keys(unaryTable))("%s keeps its accuracy from 1e-30 to 60", async (name) => {
    const sizes = [1e-30, 1e-6, 1e-4, 0.01, 0.1, 0.24, 0.26, 0.499, 0.501, 0.9, 0.999, 1.001, 1.5, 1.999, 2.001, 3, 5, 9, 9.9, 10.1, 20.5, 60];
    const signed = sizes.flatMap((x) => [x, -x]);
    if (name === "sin" || name === "cos") return run(name, vector(...signed.filter((x) => Math.abs(x) < Math.PI)));
    if (POSITIVE.has(name)) return run(name, vector(...sizes));
    return run(name, vector(...(name === "log1p" ? signed.filter((x) => x > -1) : signed)));
  });

  test.each(Object.keys(unaryTable))("%s passes NaN on", async (name) => {
    const y = op(name)(tensor(device, [NaN, 1, NaN]), ...constantsOf(name));
    expect(Array.from(await y.read(), Number.isNaN)).toEqual([true, false, true]);
  });

  test.each(Object.keys(unaryTable).filter((name) => name !== "neg"))("%s has a gradient of NaN at NaN", async (name) => {
    const x = tensor(device, [NaN, 1, NaN, 1, 0.5]);
    const [gradient] = grad(op(name)(x, ...constantsOf(name)), [x], { cotangent: tensor(device, [1, 1, -2, 0, 1]) });
    expect(Array.from(await gradient!.read(), Number.isNaN)).toEqual([true, false, true, false, false]);
  });

  test("large arguments saturate: tanh, sigmoid, softplus, relu, elu and exp at ±1000 and ±1e30", async () => {
    for (const name of ["tanh", "sigmoid", "softplus", "relu", "leakyRelu", "elu", "silu", "clamp", "exp", "expm1"]) {
      await run(name, vector(1000, -1000, 89, -89, 104, -104, 1e30, -1e30));
    }
  });

  test("infinities have their limits", async () => {
    const at = (name: string): Promise<unknown> =>
      op(name)(tensor(device, [Infinity, -Infinity]), ...constantsOf(name))
        .read()
        .then(Array.from);
    expect(await at("tanh")).toEqual([1, -1]);
    expect(await at("sigmoid")).toEqual([1, 0]);
    expect(await at("softplus")).toEqual([Infinity, 0]);
    expect(await at("exp")).toEqual([Infinity, 0]);
    expect(await at("expm1")).toEqual([Infinity, -1]);
    expect(await at("relu")).toEqual([Infinity, 0]);
    expect(await at("elu")).toEqual([Infinity, -1.5]);
    expect(await at("clamp")).toEqual([1.5, -1]);
    expect(await at("continuousBernoulliLogNormaliser")).toEqual([Infinity, Infinity]);
    expect(await at("continuousBernoulliMean")).toEqual([1, 0]);
  });

  test("at kinks the gradient is PyTorch's: 0 for abs and relu at 0, 1 for clamp on its bounds", async () => {
    const slope = async (name: string, x: number): Promise<number> => {
      const at = tensor(device, [x]);
      return (await grad(op(name)(at, ...constantsOf(name)), [at])[0]!.read())[0]!;
    };
    expect(await slope("abs", 0)).toBe(0);
    expect(await slope("relu", 0)).toBe(0);
    expect(await slope("leakyRelu", 0)).toBe(Math.fround(0.2));
    expect(await slope("clamp", -1)).toBe(1);
    expect(await slope("clamp", 1.5)).toBe(1);
  });

  test("a singular point has an infinite gradient: sqrt and log at 0", async () => {
    const zero = tensor(device, [0, 4]);
    const ones = tensor(device, [1, 1]);
    expect(Array.from(await grad(ops.sqrt(zero), [zero], { cotangent: ones })[0]!.read())).toEqual([Infinity, 0.25]);
    expect(Array.from(await ops.log(tensor(device, [0, 1])).read())).toEqual([-Infinity, 0]);
    expect(Array.from(await grad(ops.log(zero), [zero], { cotangent: ones })[0]!.read())).toEqual([Infinity, 0.25]);
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
