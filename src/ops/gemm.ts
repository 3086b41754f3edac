/**
 * The product C = A·B that matmul, dense and the dense gradients share: its specification, and the register-tiled loop that runs. Callers say
 * how rows of A and columns of B are read and what becomes of a finished row of C, so gathers, scales, biases and activations cost no pass.
 */
import { SUM_BLOCK, type TypedArray } from "../kernel.ts";

/** Writes row m of A, or column n of B, to out[at], out[at + step], …: K values. */
export type Pack = (index: number, out: Float64Array, at: number, step: number) => void;

/** Receives row m of C, N values in f64; the array is reused for the next row. */
export type StoreRow = (m: number, row: Float64Array) => void;

/** C[m,n] = Σk A[m,k]·B[k,n], A [M,K], B [K,N], in blocks of SUM_BLOCK terms: the readable truth, which `gemm` is tested against. */
export function gemmSpecification(
  M: number,
  N: number,
  K: number,
  loadA: (m: number, k: number) => number,
  loadB: (k: number, n: number) => number,
  store: (m: number, n: number, value: number) => void,
): void {
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let total = 0;
      for (let first = 0; first < K; first += SUM_BLOCK) {
        let sum = 0;
        for (let k = first; k < Math.min(first + SUM_BLOCK, K); k++) sum += loadA(m, k) * loadB(k, n);
        total += sum;
      }
      store(m, n, total);
    }
  }
}

/** Rows of A that share one pass over B: few enough to stay in the cache with a panel of B. */
const BLOCK_ROWS = 32;

/** Packed operands, kept from call to call: zeroing megabytes each time would cost a tenth of the product. */
let scratch = new Float64Array(0);

/**
 * C[m,n] = Σk A[m,k]·B[k,n] in f64, in blocks of SUM_BLOCK terms, each in 2×4 tiles of local accumulators. A is packed block by block into panels of two rows, B whole into panels
 * of four columns, interleaved by k, both in one array: one base address and one length fewer to keep in registers. What lies beyond the edges
 * is computed and not stored.
 */
export function gemm(M: number, N: number, K: number, packA: Pack, packB: Pack, store: StoreRow): void {
  const width = Math.ceil(N / 4) * 4;
  const startB = BLOCK_ROWS * K;
  if (scratch.length < startB + width * K) scratch = new Float64Array(startB + width * K);
  const packed = scratch;
  for (let n = 0; n < N; n++) packB(n, packed, startB + (n - (n % 4)) * K + (n % 4), 4);
  const c = new Float64Array(BLOCK_ROWS * width);
  const rows = Array.from({ length: BLOCK_ROWS }, (_, i) => c.subarray(i * width, i * width + N));
  for (let m = 0; m < M; m += BLOCK_ROWS) {
    const height = Math.min(BLOCK_ROWS, M - m);
    for (let i = 0; i < height; i++) packA(m + i, packed, (i - (i % 2)) * K + (i % 2), 2);
    c.fill(0);
    for (let k = 0; k < K; k += SUM_BLOCK) {
      const terms = Math.min(SUM_BLOCK, K - k);
      for (let n = 0; n < width; n += 4) {
        for (let i = 0; i < height; i += 2) tile(terms, packed, i * K + 2 * k, startB + n * K + 4 * k, c, i * width + n, width);
      }
    }
    for (let i = 0; i < height; i++) store(m + i, rows[i]!);
  }
}

/** Adds two rows of A at `i` times four columns of B at `j`, `terms` of each, interleaved by k, to c[at …] and c[at + width …]. */
function tile(terms: number, packed: Float64Array, i: number, j: number, c: Float64Array, at: number, width: number): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  // `| 0` keeps the indices 32-bit integers without overflow checks: a quarter faster in V8.
  for (const end = (i + 2 * terms) | 0; i < end; i = (i + 2) | 0, j = (j + 4) | 0) {
    const a0 = packed[i]!;
    const a1 = packed[(i + 1) | 0]!;
    const b0 = packed[j]!;
    const b1 = packed[(j + 1) | 0]!;
    const b2 = packed[(j + 2) | 0]!;
    const b3 = packed[(j + 3) | 0]!;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
  }
  c[at]! += c00;
  c[at + 1]! += c01;
  c[at + 2]! += c02;
  c[at + 3]! += c03;
  c[at + width]! += c10;
  c[at + width + 1]! += c11;
  c[at + width + 2]! += c12;
  c[at + width + 3]! += c13;
}

/** Packs from a plain array: element k of row (or column) i is x[i·outer + k·inner]. */
export function strided(x: TypedArray, outer: number, inner: number, K: number): Pack {
  return (index, out, at, step) => {
    let from = index * outer;
    for (let k = 0; k < K; k++) {
      out[at] = x[from]!;
      from += inner;
      at += step;
    }
  };
}
