import { describe, expect, it } from "vitest";
import { gemm, gemmSpecification, strided } from "../../src/ops/gemm.ts";
import { normals } from "../support/conformance.ts";

const sizes: readonly (readonly [M: number, N: number, K: number])[] = [
  [0, 3, 2],
  [3, 0, 2],
  [3, 2, 0],
  [1, 1, 1],
  [2, 4, 3],
  [3, 5, 7],
  [31, 33, 13],
  [32, 64, 9],
  [63, 65, 64],
  [65, 63, 1],
  [3, 5, 4095],
  [3, 5, 4096],
  [3, 5, 4097],
  [33, 2, 9001],
];

describe("gemm", () => {
  it.each(sizes)("computes what its specification says, bit for bit, for %i×%i×%i", (M, N, K) => {
    const a = Float64Array.from(normals(1, [M, K]).data);
    const b = Float64Array.from(normals(2, [K, N]).data);
    const want = new Float64Array(M * N);
    gemmSpecification(
      M,
      N,
      K,
      (m, k) => a[m * K + k]!,
      (k, n) => b[k * N + n]!,
      (m, n, value) => (want[m * N + n] = value),
    );
    const got = new Float64Array(M * N);
    gemm(M, N, K, strided(a, K, 1, K), strided(b, 1, N, K), (m, row) => got.set(row, m * N));
    expect(got).toEqual(want);
  });

  it("stores each row once, in order, and never a padded column", () => {
    const rows: number[][] = [];
    gemm(35, 3, 2, strided(new Uint8Array(70).fill(2), 2, 1, 2), strided(new Float32Array(6).fill(3), 1, 3, 2), (m, row) => rows.push([m, ...row]));
    expect(rows).toEqual(Array.from({ length: 35 }, (_, m) => [m, 12, 12, 12]));
  });

  it("keeps what NaN and infinities do to their own row and column", () => {
    const [a, b] = [Float32Array.of(1, NaN, 2, 0, 3, 1), Float32Array.of(1, 0, Infinity, 1, 1, 1)];
    const c: number[][] = [];
    gemm(3, 3, 2, strided(a, 2, 1, 2), strided(b, 1, 3, 2), (_, row) => c.push([...row]));
    expect(c).toEqual([
      [NaN, NaN, NaN],
      [2, 0, Infinity],
      [4, 1, Infinity],
    ]);
  });
});
