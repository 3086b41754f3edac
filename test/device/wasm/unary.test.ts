/** The SIMD forms of the functions of one tensor against their specifications in f64: accuracy over all of f32, limits, and edges of memory. */
import { describe, expect, it } from "vitest";
import type { TypedArray } from "../../../src/kernel.ts";
import { logistic, normalCdf, normalPdf } from "../../../src/ops/special.ts";
import { unaryGradKernel, unaryKernel } from "../../../src/ops/unary.ts";
import { unaryTable } from "../../../src/ops/unary_table.ts";
import { normals } from "../../support/conformance.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";
import { errorOf, specials } from "../../support/wasm_ulps.ts";

const names = Object.keys(unaryTable);

/** a and b, in f32. */
const CONSTANTS: Readonly<Record<string, readonly [number, number]>> = { leakyRelu: [Math.fround(0.2), 0], elu: [1.5, 0], clamp: [-1, 1.5] };
const constantsOf = (name: string): readonly [number, number] => CONSTANTS[name] ?? [0, 0];

/** How far off values and derivatives may be, in ulp: what is stated where they are written, ½ for one rounding, 0 for none. */
const ULPS: Readonly<Record<string, readonly [number, number]>> = {
  neg: [0, 0],
  abs: [0, 0],
  square: [0.5, 0],
  sqrt: [0.5, 0.5],
  rsqrt: [1.5, 1.5],
  reciprocal: [0.5, 0.5],
  exp: [1, 0],
  log: [1, 0.5],
  log1p: [1.5, 1.5],
  expm1: [2, 1],
  sin: [2, 2],
  cos: [2, 2],
  tanh: [2, 1.5],
  sigmoid: [3, 4],
  softplus: [2, 2],
  relu: [0, 0],
  leakyRelu: [0.5, 0],
  elu: [2, 0.5],
  gelu: [6, 6],
  silu: [3, 4],
  clamp: [0, 0],
  continuousBernoulliLogNormaliser: [5, 4],
  continuousBernoulliMean: [3, 8],
};

/** Derivatives that pass through 0 between terms that cancel: the size of the terms. */
const TERMS: Readonly<Record<string, (x: number) => number>> = {
  gelu: (x) => normalCdf(x) + Math.abs(x) * normalPdf(x),
  silu: (x) => logistic(x) * (1 + Math.abs(x)),
};

/** Numbers of all sizes: every 20011th f32, evenly spaced ones where functions change, and what has a meaning of its own. */
const sweep = Float32Array.from([
  ...new Float32Array(Uint32Array.from({ length: 214_629 }, (_, i) => 20011 * i).buffer),
  ...Array.from({ length: 200_001 }, (_, i) => (i - 100_000) / 5000),
  ...Array.from({ length: 60_001 }, (_, i) => (i - 30_000) / 250),
  ...[...specials, 1, -1, 2, -2, 2 ** -126, 2 ** -149, -(2 ** -149), 1 - 2 ** -24, 1 + 2 ** -23, -1 + 2 ** -24],
]);

/** m·2^e whose distance from a multiple of π/2 is the smallest of all f32 with that exponent, found by trying all m; 16367173·2^72 is the nearest. */
const NEAREST = [
  [10741887, 11],
  [9012376, 53],
  [10057457, 62],
  [16367173, 72],
  [14173733, 88],
  [12438944, 103],
  [12438944, 104],
].map(([m, e]) => m! * 2 ** e!);

const empty = (n: number): Float32Array => new Float32Array(n);

function values(name: string, x: Float32Array): Launch {
  const [a, b] = constantsOf(name);
  return { kernel: unaryKernel(unaryTable[name]!), inputs: [x], outputs: [empty(x.length)], params: { n: x.length, a, b, accumulate: 0 } };
}

function gradients(name: string, kept: Float32Array, dy: Float32Array, dx?: Float32Array): Launch {
  const [a, b] = constantsOf(name);
  const params = { n: kept.length, a, b, accumulate: dx ? 1 : 0 };
  return { kernel: unaryGradKernel(unaryTable[name]!), inputs: [kept, dy], outputs: [dx ?? empty(kept.length)], params };
}

const onlyOf = (outputs: TypedArray[] | undefined): TypedArray => outputs![0]!;

/** The largest error of got[i] for want(x[i]), in ulp. */
function worstOf(got: TypedArray, xs: Float32Array, want: (x: number) => number, terms: (x: number) => number = () => 0): Record<string, number> {
  let worst = { ulps: 0, x: 0, got: 0, want: 0 };
  xs.forEach((x, i) => {
    const ulps = errorOf(got[i]!, want(x), terms(x));
    if (ulps > worst.ulps) worst = { ulps, x, got: got[i]!, want: want(x) };
  });
  return worst;
}

describe("over all of f32, within the stated accuracy, are the values and derivatives of", () => {
  it.each(names)("%s", (name) => {
    const { f, df, needs } = unaryTable[name]!;
    const [a, b] = constantsOf(name);
    const [forValue, forDerivative] = ULPS[name]!;
    const value = worstOf(onlyOf(onWasm(values(name, sweep))), sweep, (x) => f(x, a, b));
    expect(value["ulps"], JSON.stringify(value)).toBeLessThanOrEqual(forValue);
    const kept = needs === "x" ? sweep : sweep.map((x) => f(x, a, b));
    const derivatives = onlyOf(onWasm(gradients(name, kept, empty(kept.length).fill(1))));
    const derivative = worstOf(derivatives, kept, (k) => df(k, k, a, b), TERMS[name]);
    expect(derivative["ulps"], JSON.stringify(derivative)).toBeLessThanOrEqual(forDerivative);
  });

  it("sin and cos, as near to multiples of π/2 as f32 comes", () => {
    const multiples = Array.from({ length: 20 }, (_, e) => Array.from({ length: 200 }, (_, k) => (Math.PI / 2) * (2 * k + 1) * 2 ** e)).flat();
    const xs = Float32Array.from([...multiples, ...NEAREST].flatMap((x) => [x, -x]));
    for (const name of ["sin", "cos"]) {
      const worst = worstOf(onlyOf(onWasm(values(name, xs))), xs, (x) => unaryTable[name]!.f(x, 0, 0));
      expect(worst["ulps"], JSON.stringify(worst)).toBeLessThanOrEqual(2);
    }
  });
});

describe("as in the specification, down to the sign of 0, are the limits of", () => {
  it.each(names)("%s", (name) => {
    const all = specials.flatMap((kept) => [1, -1, 0, Infinity, NaN].map((dy) => [kept, dy] as const));
    const [kept, dy] = [Float32Array.from(all, ([x]) => x), Float32Array.from(all, ([, d]) => d)];
    expect(onWasm(values(name, kept))).toEqual(onCpu(values(name, kept)));
    expect(onWasm(gradients(name, kept, dy))).toEqual(onCpu(gradients(name, kept, dy)));
  });
});

describe("of any length, in any number of parts, with nothing written past the end, are values and gradients of", () => {
  const random = (seed: number, n: number): Float32Array => Float32Array.from(normals(seed, [n]).data, (x) => Math.abs(x) + 0.01);

  it.each(names)("%s", (name) => {
    for (const n of [1, 2, 3, 4, 5, 7, 64, 101]) {
      const [x, dy, dx] = [random(n, n), random(n + 1, n), random(n + 2, n)];
      for (const launch of [values(name, x), gradients(name, x, dy), gradients(name, x, dy, dx)]) {
        const [got, want] = [onlyOf(onWasm(launch)), onlyOf(onCpu(launch))];
        const miss = got.findIndex((g, i) => !(Math.abs(g - want[i]!) <= 32 * 2 ** -23 * (1 + Math.abs(want[i]!))));
        expect(miss < 0 ? "" : `${launch.kernel.name}[${miss}] of ${n}: got ${got[miss]}, want ${want[miss]}`).toBe("");
        expect(onWasm(launch, 3)).toEqual([got]);
      }
    }
  });
});
