/** −log p of a table's rows: each column by a law of its own, from a decoder's outputs. */
import { foldedGrid, type Kernel, type TypedArray } from "../kernel.ts";
import * as shaders from "../table_shaders.ts";
import type { Tensor } from "../tensor.ts";
import { dense } from "./dense.ts";
import { checkTable } from "./encode_columns.ts";
import { type OutputLayer, outputLayer, recordOutput } from "./output_layer.ts";
import { asRows, type BatchRows } from "./rows.ts";
import {
  cellConstants,
  cellConstantsOf,
  cellFields,
  cellLoader,
  cellParams,
  type Descriptor,
  descriptorsOf,
  type NoiseParams,
} from "./table_cells.ts";
import { KINDS, SHARE, type TableLayout, WIDE } from "./table_columns.ts";

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
    const lastPoint = c.JITTER ? 0 : 2;
    if (c.KEEP) ds!.fill(0, 0, p.M * p.O);
    for (let m = 0; m < p.M; m++) {
      let sum = 0;
      descriptors.forEach((column, j) => {
        const value = cell(m % p.B, j);
        if (value !== value) return;
        const at = m * p.O + column.output;
        const isLevel = column.kind === KINDS.category || column.kind === KINDS.coded;
        sum += isLevel
          ? levelNll(s!, at, column.count, value, c.KEEP ? ds : undefined)
          : numberNll(s!, at, column, value, lastPoint, c.KEEP ? ds : undefined);
      });
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
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const logistic = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const logNormal = (t: number, deviation: number): number => -0.5 * t * t - Math.log(deviation) - LOG_ROOT_2PI;

/** The points of Gauss and Legendre within a step, and the logarithms of their weights: the mean density over the step is the probability of the step by it. */
const POINTS = [-Math.sqrt(0.15), 0, Math.sqrt(0.15)];
const LOG_WEIGHTS = [Math.log(5 / 18), Math.log(4 / 9), Math.log(5 / 18)];

/**
 * −log p(value), p = 0.99·Σc wc·N(μc, σc) + 0.01·N(0, 4), σc = floor + softplus(raw). A value with a step stands for the interval about it, over which
 * p is averaged, or, with noise within it (`lastPoint` 0), for itself.
 */
function numberNll(s: TypedArray, at: number, { count: C, step, floor }: Descriptor, value: number, lastPoint: number, ds?: TypedArray): number {
  const points = step > 0 ? lastPoint : 0;
  const means = C > 1 ? at + C : at;
  const logSum = C > 1 ? logSumExpOf(s, at, C) : 0;
  const place = (q: number): number => (points ? value + POINTS[q]! * step : value);
  const logWeight = (q: number): number => (points ? LOG_WEIGHTS[q]! : 0);
  const deviationOf = (c: number): number => floor + softplus(s[means + C + c]!);
  const logTerm = (q: number, c: number, t: number, deviation: number): number =>
    logWeight(q) + Math.log(1 - SHARE) + (C > 1 ? s[at + c]! - logSum : 0) + logNormal(t, deviation);

  const terms: number[] = [];
  for (let q = 0; q <= points; q++) {
    terms.push(logWeight(q) + Math.log(SHARE) + logNormal(place(q) / WIDE, WIDE));
    for (let c = 0; c < C; c++) terms.push(logTerm(q, c, (place(q) - s[means + c]!) / deviationOf(c), deviationOf(c)));
  }
  const most = Math.max(...terms);
  const logP = most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
  if (!ds) return -logP;

  let all = 0;
  for (let c = 0; c < C; c++) {
    const deviation = deviationOf(c);
    let [share, byMean, byDeviation] = [0, 0, 0];
    for (let q = 0; q <= points; q++) {
      const t = (place(q) - s[means + c]!) / deviation;
      const r = Math.exp(logTerm(q, c, t, deviation) - logP);
      share += r;
      byMean += r * t;
      byDeviation += r * (t * t - 1);
    }
    all += share;
    ds[means + c] = -byMean / deviation;
    ds[means + C + c] = (-byDeviation / deviation) * logistic(s[means + C + c]!);
    if (C > 1) ds[at + c] = -share;
  }
  if (C > 1) for (let c = 0; c < C; c++) ds[at + c]! += all * Math.exp(s[at + c]! - logSum);
  return -logP;
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
