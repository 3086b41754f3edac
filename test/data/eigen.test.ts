/** Eigenvectors against their definition, on matrices that are random, degenerate, graded, or as small and large as f64 holds. */
import { describe, expect, it } from "vitest";
import { symmetricEigen } from "../../src/data/eigen.ts";
import { forEachBits, key, normalOf } from "../../src/random.ts";

function normals(n: number, seed: number): Float64Array {
  const values = new Float64Array(n);
  const [k0, k1] = key(seed).words;
  forEachBits(k0, k1, n, (i, bits) => (values[i] = normalOf(bits)));
  return values;
}

type Matrix = (i: number, j: number) => number;

function random(n: number): Matrix {
  const x = normals(n * n, n);
  return (i, j) => x[i * n + j]! + x[j * n + i]!;
}

function rankOne(n: number): Matrix {
  const u = normals(n, 3);
  return (i, j) => u[i]! * u[j]!;
}

const CASES: readonly (readonly [name: string, of: (n: number) => Matrix])[] = [
  ["random ones", random],
  ["the identity, whose eigenvalues are all the same", () => (i, j) => Number(i === j)],
  ["nothing", () => () => 0],
  ["one direction and no other", rankOne],
  ["one direction in noise that has none", (n) => (i, j) => rankOne(n)(i, j) + Number(i === j)],
  [
    "pairs of eigenvalues that agree to the last bit (Wilkinson)",
    (n) => (i, j) => (i === j ? Math.abs(i - (n - 1) / 2) : Number(Math.abs(i - j) === 1)),
  ],
  ["two blocks that do not meet", (n) => (i, j) => (i % 2 === j % 2 ? random(n)(i, j) : 0)],
  ["elements from 1 to 1e-8 (Hilbert)", () => (i, j) => 1 / (i + j + 1)],
  ["elements whose squares vanish", (n) => (i, j) => 1e-200 * random(n)(i, j)],
  ["elements whose squares overflow", (n) => (i, j) => 1e200 * random(n)(i, j)],
];

describe("symmetricEigen finds values and vectors of", () => {
  it.each(CASES)("%s", (_, of) => {
    for (const n of [1, 2, 3, 8, 33]) {
      const element = of(n);
      const a = Float64Array.from({ length: n * n }, (__, i) => element(Math.floor(i / n), i % n));
      const norm = a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const rounding = 20 * n * Number.EPSILON;
      const { values, vectors } = symmetricEigen(a, n);
      for (let i = 0; i < n; i++) {
        const v = vectors.subarray(i * n, (i + 1) * n);
        if (i > 0) expect(values[i]).toBeLessThanOrEqual(values[i - 1]!);
        for (let row = 0; row < n; row++) {
          const av = v.reduce((sum, value, j) => sum + a[row * n + j]! * value, 0);
          expect(Math.abs(av - values[i]! * v[row]!)).toBeLessThanOrEqual(rounding * norm);
        }
        for (let j = 0; j <= i; j++) {
          const dot = v.reduce((sum, value, k) => sum + value * vectors[j * n + k]!, 0);
          expect(Math.abs(dot - Number(i === j))).toBeLessThanOrEqual(rounding);
        }
      }
      const trace = values.reduce((sum, value) => sum + value, 0);
      expect(Math.abs(trace - a.reduce((sum, value, i) => sum + (i % (n + 1) === 0 ? value : 0), 0))).toBeLessThanOrEqual(rounding * n * norm);
    }
  });

  it("as many as asked for, the greatest first, all values in any case", () => {
    const a = Float64Array.of(2, 0, 0, 0, 5, 0, 0, 0, -1);
    const { values, vectors } = symmetricEigen(a, 3, 1);
    expect([...values]).toEqual([5, 2, -1]);
    expect([...vectors].map((value) => Math.round(Math.abs(value)))).toEqual([0, 1, 0]);
  });

  it("nothing that is not finite", () => {
    expect(() => symmetricEigen(Float64Array.of(1, Infinity, Infinity, 1), 2)).toThrow(
      "symmetricEigen: the matrix is finite, got Infinity in [2, 2]",
    );
    expect(() => symmetricEigen(Float64Array.of(1, NaN, NaN, 1), 2)).toThrow("symmetricEigen: the matrix is finite, got NaN in [2, 2]");
  });
});
