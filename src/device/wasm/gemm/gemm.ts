/**
 * The product C = A·B that all dense kernels share: pack, multiply, and store row by row, in blocks of rows that fit the cache. Threads share the
 * columns while B is packed and then the rows: each sum is taken by one of them, in the order of k, in blocks of SUM_BLOCK terms.
 */
import { SUM_BLOCK } from "../../../kernel.ts";
import type { Engine } from "../engine.ts";
import { RUN } from "./pack.ts";
import { panelBytes, products, relaxedProducts, TILE_COLUMNS, TILE_ROWS } from "./product.ts";

/** Packs `count` rows of A, or columns of B, from number `from` on, into panels at `to`. */
export type Pack = (to: number, from: number, count: number) => void;

/** Stores `count` rows of C from row m on, which lie at `c`, `stride` bytes apart. */
export type Store = (c: number, stride: number, m: number, count: number) => void;

export interface Gemm {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly packA: Pack;
  readonly packB: Pack;
  readonly store: Store;
  /** Where C goes as it is, row after row without a gap: whole tiles are then written there, and nothing is stored. */
  readonly direct?: number;
  /** Bytes of scratch memory for the caller, and what is to be done with them before the product. */
  readonly extra?: { readonly bytes: number; readonly prepare: (address: number) => void };
  /** Called with B as packed, after packing. */
  readonly packedB?: (b: number) => void;
}

/** Elements of a block of A, and of C: together with a panel of B they stay in the second-level cache. */
const BLOCK = 65536;

const roundUp = (n: number, step: number): number => Math.ceil(n / step) * step;

/** A product that is bound once and runs as often as wanted without allocating; B is packed whole, A and C a block at a time. */
export function bindGemm(engine: Engine, { M, N, K, packA, packB, store, direct, extra, packedB }: Gemm): () => void {
  const width = roundUp(N, TILE_COLUMNS);
  const rows = Math.min(roundUp(M, TILE_ROWS), Math.max(TILE_ROWS, TILE_ROWS * Math.floor(BLOCK / Math.max(K, width) / TILE_ROWS)));
  const whole = direct !== undefined && N === width && M % TILE_ROWS === 0;
  const stride = 4 * width;
  const panelB = panelBytes(TILE_COLUMNS, K);
  const bytesB = (width / TILE_COLUMNS) * panelB;
  const bytesA = (rows / TILE_ROWS) * panelBytes(TILE_ROWS, K);
  const bytesC = whole ? 0 : rows * stride;
  const bytes = bytesB + engine.threads * (bytesA + bytesC) + (extra?.bytes ?? 0);
  const { first, next } = engine.relaxed ? relaxedProducts : products;
  const multiply = engine.function(first);
  const multiplyNext = K > SUM_BLOCK ? engine.function(next) : multiply;
  let b = 0;
  const packColumns = (from: number, to: number): void => packB(b + (from / TILE_COLUMNS) * panelB, from, to - from);
  const multiplyRows = (from: number, to: number, thread: number): void => {
    const a = b + bytesB + thread * (bytesA + bytesC);
    for (let m = from; m < to; m += rows) {
      const count = Math.min(rows, to - m);
      const c = whole ? direct + m * stride : a + bytesA;
      const tiles = [c, Math.ceil(count / TILE_ROWS), width / TILE_COLUMNS, stride] as const;
      packA(a, m, count);
      multiply(Math.min(SUM_BLOCK, K), K, a, b, ...tiles);
      for (let k = SUM_BLOCK; k < K; k += SUM_BLOCK) {
        multiplyNext(Math.min(SUM_BLOCK, K - k), K, a + 4 * TILE_ROWS * k, b + 4 * TILE_COLUMNS * k, ...tiles);
      }
      if (!whole) store(c, stride, m, count);
    }
  };
  return () => {
    b = engine.scratch(bytes);
    extra?.prepare(b + bytes - extra.bytes);
    engine.split(N, RUN, (K * N) / 4, packColumns);
    packedB?.(b);
    engine.split(M, TILE_ROWS, (M * N * K) / 2, multiplyRows);
  };
}
