/** Draws of a table's rows from a decoder's outputs, and their means. */
import { COUNT, checkValue, wordsOf } from "../check.ts";
import { type Kernel, type KeyWords, linearGrid, type TypedArray } from "../kernel.ts";
import { normalOf, philox, uniformOf } from "../random.ts";
import { show } from "../shape.ts";
import * as shaders from "../table_shaders.ts";
import { check, checkSameDevice, empty, type Tensor } from "../tensor.ts";
import { log1pExp } from "./special.ts";
import { descriptorsOf, isLevel } from "./table_cells.ts";
import type { TableLayout } from "./table_columns.ts";

type DrawParams = { M: number; D: number; O: number; k0: number; k1: number; first: number };

/** x[m, j] ~ p(x_j; s[m, …]), by block (first + m)·D + j of the key's stream; with MEAN its mean, and the likeliest level. */
export const mixedDrawKernel: Kernel<DrawParams> = {
  name: "mixed_draw",
  wgsl: shaders.mixedDraw,
  inputs: ["f32", "u32"],
  outputs: ["f32"],
  params: { M: "u32", D: "u32", O: "u32", k0: "step.u32", k1: "step.u32", first: "u32" },
  constants: { MEAN: false },
  grid: ({ M, D }) => linearGrid(4 * M * D),
  cpu([s, columns], [x], { M, D, O, k0, k1, first }, { MEAN }) {
    const bits = new Uint32Array(4);
    const descriptors = descriptorsOf(columns!, D);
    for (let m = 0; m < M; m++) {
      descriptors.forEach((column, j) => {
        const { output, count, floor } = column;
        const at = m * O + output;
        const i = m * D + j;
        if (MEAN) return void (x![i] = isLevel(column) ? likeliest(s!, at, count) : meanOf(s!, at, count));
        philox(first * D + i, 0, 0, 0, k0, k1, bits);
        if (isLevel(column)) return void (x![i] = pick(s!, at, count, uniformOf(bits[0]!)));
        const means = count > 1 ? at + count : at;
        const c = count > 1 ? pick(s!, at, count, uniformOf(bits[0]!)) : 0;
        const raw = s![means + count + c]!;
        const deviation = floor + log1pExp(raw);
        x![i] = s![means + c]! + deviation * normalOf(bits[1]!);
      });
    }
  },
  cost: ({ M, D, O }) => ({ flops: 100 * M * D + 4 * M * O, bytes: 4 * M * (O + D) }),
};

function likeliest(s: TypedArray, at: number, count: number): number {
  let best = 0;
  for (let k = 1; k < count; k++) if (s[at + k]! > s[at + best]!) best = k;
  return best;
}

/** The first of some soft-max probabilities up to which they add up to more than u. */
function pick(s: TypedArray, at: number, count: number, u: number): number {
  const most = s[at + likeliest(s, at, count)]!;
  let sum = 0;
  for (let k = 0; k < count; k++) sum += Math.exp(s[at + k]! - most);
  let below = 0;
  for (let k = 0; k < count; k++) {
    below += Math.exp(s[at + k]! - most);
    if (u * sum < below) return k;
  }
  return count - 1;
}

function meanOf(s: TypedArray, at: number, C: number): number {
  if (C === 1) return s[at]!;
  const most = s[at + likeliest(s, at, C)]!;
  let [sum, mean] = [0, 0];
  for (let c = 0; c < C; c++) {
    const w = Math.exp(s[at + c]! - most);
    sum += w;
    mean += w * s[at + C + c]!;
  }
  return mean / sum;
}

function launch(op: string, outputs: Tensor, layout: TableLayout, words: Tensor, key: KeyWords | undefined): Tensor {
  const device = check(op, { outputs });
  checkSameDevice(op, device, check(op, { words }, "u32"), "outputs and words");
  const [M, O] = outputs.shape;
  if (outputs.shape.length !== 2 || O !== layout.outputs) {
    throw new RangeError(`${op}: outputs have shape [rows, ${layout.outputs}], got ${show(outputs.shape)}`);
  }
  const D = layout.columns.length;
  const [k0, k1] = key ? wordsOf(op, "the key", key) : [0, 0];
  const first = key?.firstRow ?? 0;
  if (first > 0) checkValue(op, "firstRow", first, COUNT);
  const x = empty(device, [M!, D], "f32", { tracked: false });
  device.run(mixedDrawKernel, [outputs.slice, words.slice], [x.slice], { M: M!, D, O, k0, k1, first }, { MEAN: key === undefined });
  return x;
}

/**
 * A draw of each row, [B, D], from a decoder's outputs [B, layout.outputs]: of a number one of its normals by their weights and then a number from it,
 * of a category a level by its probability. The wide normal of `mixedNll` is for odd data, and nothing is drawn from it.
 */
export function mixedDraw(outputs: Tensor, layout: TableLayout, words: Tensor, key: KeyWords): Tensor {
  return launch("mixedDraw", outputs, layout, words, key);
}

/** The mean of each number and the likeliest level of each category, [B, D], for a decoder's outputs [B, layout.outputs]. */
export function mixedMean(outputs: Tensor, layout: TableLayout, words: Tensor): Tensor {
  return launch("mixedMean", outputs, layout, words, undefined);
}
