/** −log p of a table's rows: each column by a law of its own, from a decoder's outputs. */
import { foldedGrid, type Kernel, type TypedArray } from "../kernel.ts";
import * as shaders from "../table_shaders.ts";
import type { Tensor } from "../tensor.ts";
import { dense } from "./dense.ts";
import { checkTable } from "./encode_columns.ts";
import { type OutputLayer, outputLayer, recordOutput } from "./output_layer.ts";
import { asRows, type BatchRows } from "./rows.ts";
import { log1pExp, logistic } from "./special.ts";
import {
  cellConstants,
  cellConstantsOf,
  cellFields,
  cellLoader,
  cellParams,
  type Descriptor,
  descriptorsOf,
  isLevel,
  type NoiseParams,
} from "./table_cells.ts";
import { MOST_COMPONENTS, SHARE, type TableLayout, WIDE } from "./table_columns.ts";

type MixedParams = NoiseParams & { M: number; B: number; D: number; O: number };

/** nll[m] = −Σj log p(x[m % B, j]; s[m, …]) over the columns that are seen; with KEEP ds = ∂nll/∂s, 0 where a cell is missing. */
export const mixedNllKernel: Kernel<MixedParams> = {
  name: "mixed_nll",
  wgsl: shaders.mixedNll,
  inputs: ["data", "u32?", "f32", "u32"],
  outputs: ["f32", "f32?"],
  params: { M: "u32", B: "u32", D: "u32", O: "u32", ...cellFields },
  constants: { KEEP: false, ...cellConstants },
  grid: ({ M }) => foldedGrid(Math.ceil(M / 8)),
  cpu([x, index, s, columns], [nll, ds], p, c) {
    const descriptors = descriptorsOf(columns!, p.D);
    const cell = cellLoader(x!, index!, descriptors, p, c);
    const numberNll = numberLoss(s!, c.KEEP ? ds : undefined, Boolean(c.JITTER));
    if (c.KEEP) ds!.fill(0, 0, p.M * p.O);
    for (let m = 0; m < p.M; m++) {
      let sum = 0;
      for (let j = 0; j < p.D; j++) {
        const value = cell(m % p.B, j);
        if (value !== value) continue;
        const column = descriptors[j]!;
        const at = m * p.O + column.output;
        sum += isLevel(column) ? levelNll(s!, at, column.count, value, c.KEEP ? ds : undefined) : numberNll(at, column, value);
      }
      nll![m] = sum;
    }
  },
  cost: ({ M, B, D, O }) => ({ flops: 40 * M * O, bytes: 4 * (B * D + 2 * M * O + M) }),
};

/** log Σk exp(s[at + k]) over `count` numbers. */
function logSumExpOf(s: TypedArray, at: number, count: number): number {
  let most = -Infinity;
  for (let k = 0; k < count; k++) most = Math.max(most, s[at + k]!);
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp(s[at + k]! - most);
  return most + Math.log(sum);
}

/** −log softmax(s)[level], and its gradient softmax(s) − onehot(level). */
function levelNll(s: TypedArray, at: number, count: number, level: number, ds?: TypedArray): number {
  const logSum = logSumExpOf(s, at, count);
  if (ds) for (let k = 0; k < count; k++) ds[at + k] = Math.exp(s[at + k]! - logSum) - (k === level ? 1 : 0);
  return logSum - s[at + level]!;
}

const LOG_ROOT_2PI = 0.5 * Math.log(2 * Math.PI);

/** The points of Gauss and Legendre within a step, and the logarithms of their weights: the mean density over the step is its probability by it. */
const POINTS = [-Math.sqrt(0.15), 0, Math.sqrt(0.15)];
const LOG_WEIGHTS = [Math.log(5 / 18), Math.log(4 / 9), Math.log(5 / 18)];
const LOG_WIDE = Math.log(SHARE) - Math.log(WIDE) - LOG_ROOT_2PI;
const LOG_MOST = Math.log(1 - SHARE) - LOG_ROOT_2PI;

/**
 * −log p(value), p = 0.99·Σc wc·N(μc, σc) + 0.01·N(0, 4), σc = floor + softplus(raw), and where `ds` is given its gradient by the outputs from `at` on. A
 * value with a step stands for the interval about it, over which p is averaged, or, where it has been moved within it, for itself.
 */
function numberLoss(s: TypedArray, ds: TypedArray | undefined, moved: boolean): (at: number, column: Descriptor, value: number) => number {
  // of each component: log(0.99·w/(σ·√2π)), its deviation, and the logarithms of its terms at each point
  const [heights, deviations, logTerms] = [
    new Float64Array(MOST_COMPONENTS),
    new Float64Array(MOST_COMPONENTS),
    new Float64Array(3 * MOST_COMPONENTS),
  ];
  return (at, { count: C, step, floor }, value) => {
    const points = step > 0 && !moved ? 3 : 1;
    const means = C > 1 ? at + C : at;
    const logSum = C > 1 ? logSumExpOf(s, at, C) : 0;
    for (let c = 0; c < C; c++) {
      deviations[c] = floor + log1pExp(s[means + C + c]!);
      heights[c] = LOG_MOST + (C > 1 ? s[at + c]! - logSum : 0) - Math.log(deviations[c]!);
    }
    const place = (q: number): number => (points === 3 ? value + POINTS[q]! * step : value);
    const logWeight = (q: number): number => (points === 3 ? LOG_WEIGHTS[q]! : 0);
    const logWide = (q: number): number => LOG_WIDE + logWeight(q) - 0.5 * (place(q) / WIDE) ** 2;
    let most = -Infinity;
    for (let q = 0; q < points; q++) {
      most = Math.max(most, logWide(q));
      for (let c = 0; c < C; c++) {
        const term = logWeight(q) + heights[c]! - 0.5 * ((place(q) - s[means + c]!) / deviations[c]!) ** 2;
        logTerms[q * C + c] = term;
        most = Math.max(most, term);
      }
    }
    let sum = 0;
    for (let q = 0; q < points; q++) sum += Math.exp(logWide(q) - most);
    for (let k = 0; k < points * C; k++) sum += Math.exp(logTerms[k]! - most);
    const logP = most + Math.log(sum);
    if (!ds) return -logP;

    let all = 0;
    for (let c = 0; c < C; c++) {
      let [share, byMean, byDeviation] = [0, 0, 0];
      for (let q = 0; q < points; q++) {
        const t = (place(q) - s[means + c]!) / deviations[c]!;
        const r = Math.exp(logTerms[q * C + c]! - logP);
        share += r;
        byMean += r * t;
        byDeviation += r * (t * t - 1);
      }
      all += share;
      ds[means + c] = -byMean / deviations[c]!;
      ds[means + C + c] = (-byDeviation / deviations[c]!) * logistic(s[means + C + c]!);
      if (C > 1) ds[at + c] = -share;
    }
    if (C > 1) for (let c = 0; c < C; c++) ds[at + c]! += all * Math.exp(s[at + c]! - logSum);
    return -logP;
  };
}

/**
 * −log p(x|h) in nats per row, [S·B], from outputs s = h·W + b: h [S·B, H], W [H, layout.outputs], b [layout.outputs], x [B, D] one number a cell, NaN
 * where it is missing, which adds nothing; row m of h is scored on row m % B of x. `words` is `layout.words` as a u32 tensor. A number has the density
 * p = 0.99·Σc softmax(w)c·N(x; meanc, (floor + softplus(rawc))²) + 0.01·N(x; 0, 4²), averaged over its step if it has one; a category the probability of
 * its level, by a soft-max. No gradient flows to x, which is data.
 */
export function mixedNll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, layout: TableLayout, words: Tensor): Tensor {
  const batch = asRows("mixedNll", "x", x);
  checkTable("mixedNll", batch, layout, words);
  const layer = outputLayer("mixedNll", h, W, b, x, {}, layout.outputs);
  run(layer, batch, layout, dense(h, W, b), words);
  return recordOutput(layer, h, W, b);
}

/** The outputs are a constant here: the layer's own gradients are those of `recordOutput`. */
function run({ device, outputs, params: { M, B }, constants }: OutputLayer, batch: BatchRows, layout: TableLayout, s: Tensor, words: Tensor): void {
  device.run(
    mixedNllKernel,
    [batch.data, batch.index, s.slice, words.slice],
    outputs,
    { M, B, D: batch.columns, O: layout.outputs, ...cellParams(batch) },
    { KEEP: constants["KEEP"] === true, ...cellConstantsOf(batch) },
  );
}
