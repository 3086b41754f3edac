/** The polynomials of the wasm device against f64: the accuracies that src/device/wasm/math/math.ts states, measured. */
import { describe, expect, it, test } from "vitest";
import { type Body, routine } from "../../../src/device/wasm/emit/assembler.ts";
import { f32x4, i32, v128, type Value } from "../../../src/device/wasm/emit/instructions.ts";
import { Engine } from "../../../src/device/wasm/engine.ts";
import { Heap } from "../../../src/device/wasm/heap.ts";
import { simdActivations } from "../../../src/device/wasm/math/activations.ts";
import * as math from "../../../src/device/wasm/math/math.ts";
import { normals } from "../../../src/device/wasm/math/philox.ts";
import { cdf, density, expm1Minus, log1pExp, sigmoid } from "../../../src/lab/oracle/terms.ts";
import { type ActivationName, activations } from "../../../src/ops/activation.ts";
import { forEachBits, normalOf } from "../../../src/random.ts";

type Vector = Value<"v128">;

const engine = new Engine(new Heap(2 ** 26));

/** f at each x, four at a time. */
function evaluate(f: (body: Body, x: Vector) => Vector, xs: Float32Array): Float32Array {
  const address = engine.heap.allocate(4 * xs.length + 16);
  new Float32Array(engine.heap.memory.buffer, address, xs.length).set(xs);
  const loop = routine("loop", ["i32", "i32"], (body, at, n) => {
    body.range(0, i32.shl(n, 2), 16, (offset) => {
      const to = body.local(i32.add(at, offset));
      body.store(to, f(body, body.local(v128.load(to))));
    });
  });
  engine.function(loop)(address, xs.length);
  const values = new Float32Array(engine.heap.memory.buffer, address, xs.length).slice();
  engine.heap.release(address);
  return values;
}

/** Numbers from low to high: evenly spaced ones, and both signs of every power of two that lies between. */
function sweep(low: number, high: number): Float32Array {
  const even = Array.from({ length: 200_001 }, (_, i) => low + ((high - low) * i) / 200_000);
  const powers = Array.from({ length: 150 }, (_, i) => 2 ** (i - 140)).flatMap((p) => [p, -p, 1.37 * p, -1.37 * p]);
  return Float32Array.from([...even, ...powers.filter((p) => p >= low && p <= high)]);
}

const SMALLEST = 2 ** -126;

/** The unit in the last place of an f32 near y. */
const ulpOf = (y: number): number => 2 ** (Math.max(Math.floor(Math.log2(Math.abs(y))), -126) - 23);

/** Throws where f is more than `ulps` units in the last place off. */
function expectAccuracy(
  f: (body: Body, x: Vector) => Vector,
  exact: (x: number) => number,
  [low, high]: readonly [number, number],
  ulps: (x: number) => number,
): void {
  const xs = sweep(low, high);
  const got = evaluate(f, xs);
  let worst = { excess: 0, x: 0, got: 0, want: 0 };
  xs.forEach((x, i) => {
    const want = exact(x);
    const excess = (Math.abs(got[i]! - want) - SMALLEST) / ulpOf(want) / ulps(x);
    if (!(excess <= worst.excess)) worst = { excess, x, got: got[i]!, want };
  });
  expect(worst.excess, JSON.stringify(worst)).toBeLessThanOrEqual(1);
}

describe("within its stated accuracy is", () => {
  it.each([
    ["exp", math.exp, Math.exp, -104, 88.7, 1],
    ["log1p", math.log1p, Math.log1p, -0.5, 1, 2],
    ["expm1", math.expm1, Math.expm1, -104, 88.7, 2],
    ["expm1Minus", math.expm1Minus, expm1Minus, -104, 88.7, 4],
    ["tanh", math.tanh, Math.tanh, -20, 20, 2],
    ["logistic", math.logistic, sigmoid, -100, 100, 3],
    ["softplus", math.softplus, log1pExp, -100, 100, 2],
  ] as const)("%s", (_, f, exact, low, high, ulps) => {
    expectAccuracy(f, exact, [low, high], () => ulps);
  });

  it("the logarithm of normal numbers", () => {
    const xs = Float32Array.from({ length: 200_000 }, (_, i) => 2 ** (-126 + (253 * i) / 200_000));
    const got = evaluate(math.logOfNormal, xs);
    const worst = xs.reduce((most, x, i) => Math.max(most, Math.abs(got[i]! - Math.log(x)) / ulpOf(Math.log(x) || 1e-9)), 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("the normal distribution function in both tails, and the density", () => {
    expectAccuracy(math.normalCdf, cdf, [-13, 13], () => 6);
    expectAccuracy(math.normalPdf, density, [-13, 13], () => 3);
  });
});

const specials = Float32Array.of(NaN, Infinity, -Infinity, 0, 1000, -1000, 1e30, -1e30);

describe("NaN and infinities pass through", () => {
  it.each([
    ["exp", math.exp, Math.exp],
    ["expm1", math.expm1, Math.expm1],
    ["expm1Minus", math.expm1Minus, (x: number) => (x === Infinity ? NaN : expm1Minus(x))],
    ["tanh", math.tanh, Math.tanh],
    ["logistic", math.logistic, sigmoid],
    ["softplus", math.softplus, log1pExp],
    ["positive", (_: Body, x: Vector) => math.positive(x), (x: number) => Math.max(x, 0)],
  ] as const)("%s", (_, f, exact) => {
    expect(evaluate(f, specials)).toEqual(specials.map(exact));
  });
});

test("each activation is the table's, in value and derivative, also of NaN and infinities", () => {
  const xs = Float32Array.from([...sweep(-9, 9), ...specials]);
  for (const [name, simd] of Object.entries(simdActivations)) {
    const unary = activations[name as ActivationName];
    const { a = 0 } = unary;
    const constant = (body: Body): Vector => body.local(f32x4.splat(a));
    const values = evaluate((body, x) => simd.f(body, x, constant(body)), xs);
    const wanted = xs.map((x) => unary.f(x, a, 0));
    const kept = unary.needs === "y" ? wanted : xs;
    const derivatives = evaluate((body, x) => simd.df(body, x, constant(body)), kept);
    for (const [got, want] of [
      [values, wanted],
      [derivatives, kept.map((k) => unary.df(k, k, a, 0))],
    ] as const) {
      // the normal distribution function is off by 6 ulp, times |x| ≤ 9, and everything is added to terms of at most |x| + 1
      const miss = got.findIndex((g, i) => !(Object.is(g, want[i]) || Math.abs(g - want[i]!) <= 90 * 2 ** -23 * (Math.abs(want[i]!) + 2 ** -3)));
      expect(miss < 0 ? "" : `${name} at ${xs[miss]}: got ${got[miss]}, want ${want[miss]}`).toBe("");
    }
  }
});

test("normal numbers are those of the cpu device within 2^-20·(1 + |z|), for keys of all bits", () => {
  const n = 100_001;
  const address = engine.heap.allocate(4 * n + 64);
  for (const [k0, k1] of [
    [0, 0],
    [0xffffffff, 0x80000001],
  ] as const) {
    engine.function(normals)(address, n, k0, k1);
    const got = new Float32Array(engine.heap.memory.buffer, address, n);
    const misses: string[] = [];
    forEachBits(k0, k1, n, (i, bits) => {
      const z = normalOf(bits);
      if (!(Math.abs(got[i]! - z) <= 2 ** -20 * (1 + Math.abs(z)))) misses.push(`[${i}] got ${got[i]}, want ${z}`);
    });
    expect(misses.slice(0, 5)).toEqual([]);
  }
});
