/** The SIMD forms of the functions of operands that broadcast, against their specifications in f64. */
import { describe, expect, it, test } from "vitest";
import { simdKernels } from "../../../src/device/wasm/kernels/index.ts";
import type { TypedArray } from "../../../src/kernel.ts";
import type { Binary } from "../../../src/ops/binary_kernel.ts";
import * as table from "../../../src/ops/binary_kernel.ts";
import { whereKernel } from "../../../src/ops/shape_ops.ts";
import { broadcastShapes, broadcastStrides, padded, type Shape, sizeOf } from "../../../src/shape.ts";
import { normals } from "../../support/conformance.ts";
import { type Launch, onCpu, onWasm } from "../../support/wasm_launch.ts";
import { errorOf, specials } from "../../support/wasm_ulps.ts";

const functions = Object.fromEntries(
  Object.values(table)
    .filter((row): row is Binary => typeof row === "object")
    .map((row) => [row.name, row]),
);
const names = Object.keys(functions);

/** How far off values may be, in ulp of the result, or of the largest of the terms that it is the sum of. */
const ULPS: Readonly<Record<string, readonly [ulps: number, terms?: (a: number, b: number) => number]>> = {
  add: [0.5],
  sub: [0.5],
  mul: [0.5],
  div: [0.5],
  pow: [1.5],
  maximum: [0],
  minimum: [0],
  logAddExp: [2, (a, b) => Math.max(Math.abs(a), Math.abs(b), 1)],
  bernoulliNll: [2, (l, x) => Math.max(Math.abs(l), Math.abs(x * l), 1)],
  gaussianKl: [4],
  above: [0],
  pow_grad_base: [2],
  pow_grad_exponent: [3],
  bernoulli_nll_grad: [3, (_, x) => Math.max(1, Math.abs(x))],
};

function launch(name: string, a: Float32Array, b: Float32Array, shapes: readonly [Shape, Shape] = [[a.length], [b.length]]): Launch {
  const shape = broadcastShapes(name, ...shapes);
  const kernel = table.binaryKernel(functions[name]!);
  return { kernel, inputs: [a, b], outputs: [new Float32Array(sizeOf(shape))], params: table.binaryParams(...shapes, shape) };
}

const onlyOf = (outputs: TypedArray[] | undefined): TypedArray => outputs![0]!;

/** Pairs of numbers of all sizes, of moderate ones, and of whole exponents. */
const pairs = [
  ...Array.from({ length: 100_000 }, (_, i) => [42_949 * i, Math.imul(i, 0x9e3779b1) >>> 0] as const).map(
    (bits) => [...new Float32Array(Uint32Array.from(bits).buffer)] as [number, number],
  ),
  ...Array.from({ length: 100_000 }, (_, i) => [((i * 0.618034) % 1) * 12 - 2, ((i * 0.754878) % 1) * 40 - 20] as const),
  ...Array.from({ length: 10_000 }, (_, i) => [((i * 0.618034) % 1) * 6 - 3, (i % 81) - 40] as const),
  ...Array.from({ length: 10_000 }, (_, i) => [1 + (i - 5000) * 1e-4, ((i * 0.754878) % 1) * 2000 - 1000] as const),
];
const [firsts, seconds] = [0, 1].map((k) => Float32Array.from(pairs, (pair) => pair[k]!)) as [Float32Array, Float32Array];

/** Factors that are infinite where f32 cannot hold them, and their products with them. */
const FACTORS: Readonly<Record<string, (a: number, b: number) => number>> = {
  gaussianKl: (_, logVar) => Math.exp(logVar),
  pow_grad_base: (a, b) => Math.abs(a ** (b - 1)),
  pow_grad_exponent: (a, b) => Math.abs(a ** b),
};
const LARGEST = 2 ** 128 - 2 ** 103;

describe("over all of f32, within the stated accuracy, is", () => {
  it("every function", () => {
    expect(Object.keys(ULPS).sort()).toEqual(names.sort());
  });

  it.each(names)("%s", (name) => {
    const [limit, terms] = ULPS[name]!;
    const got = onlyOf(onWasm(launch(name, firsts, seconds)));
    let worst = { ulps: 0, a: 0, b: 0, got: 0, want: 0 };
    got.forEach((g, i) => {
      const [a, b] = [firsts[i]!, seconds[i]!];
      if (Math.abs(g) === Infinity && (FACTORS[name]?.(a, b) ?? 0) >= LARGEST) return;
      const want = functions[name]!.f(a, b);
      const ulps = errorOf(g, want, terms?.(a, b));
      if (ulps > worst.ulps) worst = { ulps, a, b, got: g, want };
    });
    expect(worst.ulps, JSON.stringify(worst)).toBeLessThanOrEqual(limit);
  });
});

describe("as in the specification, down to the sign of 0, are the limits of", () => {
  const numbers = [...specials, 1, -1, 2, -2, 0.5, -3, 2 ** 30, 1e-3, -1e-3];
  const all = numbers.flatMap((a) => numbers.map((b) => [a, b] as const));

  it.each(names)("%s", (name) => {
    const call = launch(
      name,
      Float32Array.from(all, ([a]) => a),
      Float32Array.from(all, ([, b]) => b),
    );
    const [got, want] = [onlyOf(onWasm(call)), onlyOf(onCpu(call))];
    const exact = (x: number): boolean => !Number.isFinite(x) || x === 0;
    const misses = all.filter((_, i) => (exact(got[i]!) || exact(want[i]!)) && !Object.is(got[i], want[i]));
    expect(misses.map(([a, b]) => `${name}(${a}, ${b})`)).toEqual([]);
  });
});

const SHAPES: readonly (readonly [Shape, Shape])[] = [
  [[1], [1]],
  [[101], [101]],
  [[101], []],
  [[], [7]],
  [[3, 9], [9]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [2, 1, 3, 1],
    [7, 1, 5],
  ],
  [
    [6, 5, 1],
    [5, 1],
  ],
];

const random = (seed: number, shape: Shape): Float32Array => Float32Array.from(normals(seed, [...shape]).data, (x) => Math.abs(x) + 0.01);

describe("of operands that broadcast, in any number of parts, with nothing written past the end, is", () => {
  it.each(names)("%s", (name) => {
    for (const [a, b] of SHAPES) {
      const call = launch(name, random(1, a), random(2, b), [a, b]);
      const [got, want] = [onlyOf(onWasm(call)), onlyOf(onCpu(call))];
      const miss = got.findIndex((g, i) => !(Math.abs(g - want[i]!) <= 16 * 2 ** -23 * (1 + Math.abs(want[i]!))));
      expect(miss < 0 ? "" : `${name}[${miss}]: got ${got[miss]}, want ${want[miss]}`).toBe("");
      expect(onWasm(call, 3)).toEqual([got]);
    }
  });

  it("where", () => {
    for (const [a, b] of SHAPES) {
      const shape = broadcastShapes("where", a, b);
      const strides = (of: Shape): number[] => padded(broadcastStrides(of, shape), 0);
      const params = { shape: padded(shape, 1), condition_strides: strides(b), a_strides: strides(a), b_strides: strides(b), n: sizeOf(shape) };
      const condition = Uint32Array.from(random(3, b), (_, i) => [0, 1, 2 ** 31, 0][i % 4]!);
      const inputs = [condition, random(1, a), random(2, b)];
      const call = { kernel: whereKernel, inputs, outputs: [new Float32Array(sizeOf(shape))], params };
      expect(onWasm(call)).toEqual(onCpu(call));
      expect(onWasm(call, 3)).toEqual(onCpu(call));
    }
  });
});

test("operands whose neighbours lie further apart are left to the specification", () => {
  const call = launch("add", random(1, [12]), random(2, [12]), [
    [3, 4],
    [3, 4],
  ]);
  expect(onWasm({ ...call, params: { shape: [1, 1, 4, 3], a_strides: [0, 0, 1, 4], b_strides: [0, 0, 3, 1] } })).toBeUndefined();
  expect(Object.keys(simdKernels)).toContain("where");
});
