/** Products in plain JavaScript: the same multiplications and additions as the specification, in another order. */
import type { Kernel } from "elbograd";
import type { ProductParams } from "../product.ts";

type Loop = Kernel<ProductParams>["cpu"];
type Numbers = Parameters<Loop>[0][number];

/** Row by row of B: the innermost loop walks along B and C as they lie in memory, where the specification jumps from row to row of B. */
export const rowByRow: Loop = ([a, b], [c], { M, N, K }) => {
  const row = new Float64Array(N);
  for (let m = 0; m < M; m++) {
    row.fill(0);
    for (let k = 0; k < K; k++) {
      const element = a![m * K + k]!;
      const at = k * N;
      for (let n = 0; n < N; n++) row[n]! += element * b![at + n]!;
    }
    c!.set(row, m * N);
  }
};

/**
 * 2×4 elements of C at a time in local variables, which become registers: 6 loads for 8 multiply-adds, and no stores. Four columns of B are packed
 * side by side once for all rows of A; at the edges the last row or column is computed once more.
 */
export const registerTile: Loop = ([a, b], [c], { M, N, K }) => {
  const panel = new Float64Array(4 * K);
  for (let n = 0; n < N; n += 4) {
    for (let i = 0; i < 4; i++) packColumn(b!, Math.min(n + i, N - 1), N, panel, i);
    for (let m = 0; m < M; m += 2) multiplyTile(a!, m, Math.min(m + 1, M - 1), panel, K, c!, n, N);
  }
};

function packColumn(b: Numbers, n: number, N: number, panel: Float64Array, i: number): void {
  for (; i < panel.length; i += 4, n += N) panel[i] = b[n]!;
}

/** Rows m0 and m1 of A times the four columns of the panel, to columns n … n + 3 of C as far as it has them. */
function multiplyTile(a: Numbers, m0: number, m1: number, panel: Float64Array, K: number, c: Numbers, n: number, N: number): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let i = m0 * K;
  let j = m1 * K;
  // `| 0` says that indices are 32-bit integers which do not overflow
  for (let at = 0; at < panel.length; at = (at + 4) | 0, i = (i + 1) | 0, j = (j + 1) | 0) {
    const a0 = a[i]!;
    const a1 = a[j]!;
    const b0 = panel[at]!;
    const b1 = panel[(at + 1) | 0]!;
    const b2 = panel[(at + 2) | 0]!;
    const b3 = panel[(at + 3) | 0]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
  }
  const columns = Math.min(4, N - n);
  c.set([c00, c01, c02, c03].slice(0, columns), m0 * N + n);
  c.set([c10, c11, c12, c13].slice(0, columns), m1 * N + n);
}
