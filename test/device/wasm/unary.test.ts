/** The SIMD forms of the functions of one tensor against their specifications in f64: accuracy over all of f32, limits, and edges of memory. */
import { describe, expect, it } from "vitest";
import { simdKernels } from "../../../src/device/wasm/kernels/index.ts";
import type { TypedArray } from "../../../src/kernel.ts";
import { promises } from "../../../src/lab/oracle/promises.ts";
import { unary as oracle } from "../../../src/lab/oracle/unary.ts";
import { unaryGradKernel, unaryKernel } from "../../../src/ops/unary_op.ts";
import { unaryTable } from "../../../src/ops/unary_rows.ts";
import { normals } from "../../support/conformance.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";
import { errorOf, specials } from "../../support/wasm_ulps.ts";

/** Those that have a SIMD form. */
const names = Object.keys(unaryTable).filter((name) => Object.hasOwn(simdKernels, name));

function constantsOf(name: string): readonly [a: number, b: number] {
  const [a = 0, b = 0] = oracle[name]!.constants ?? [];
  return [a, b];
}

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
    const [forValue, forDerivative] = promises[name]!.simdUlps!;
    const value = worstOf(onlyOf(onWasm(values(name, sweep))), sweep, (x) => f(x, a, b));
    expect(value["ulps"], JSON.stringify(value)).toBeLessThanOrEqual(forValue);
    const kept = needs === "x" ? sweep : sweep.map((x) => f(x, a, b));
    const derivatives = onlyOf(onWasm(gradients(name, kept, empty(kept.length).fill(1))));
    const { d, cancels } = oracle[name]!;
    const derivative = worstOf(derivatives, kept, (k) => df(k, k, a, b), cancels ? (x) => d[0]!(x, a, b).magnitude : () => 0);
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
