/** A table's cells as what an encoder takes: standardised numbers, levels one by one, and whether each cell is there. */
import { type Kernel, linearGrid, type TypedArray } from "../kernel.ts";
import { sameShape, show } from "../shape.ts";
import * as shaders from "../table_shaders.ts";
import { check, checkSameDevice, empty, type Tensor } from "../tensor.ts";
import { asRows, type BatchRows } from "./rows.ts";
import { cellConstants, cellConstantsOf, cellFields, cellLoader, cellParams, codeOf, descriptorsOf, type NoiseParams } from "./table_cells.ts";
import { FURTHEST, KINDS, SIGNS, type TableLayout } from "./table_columns.ts";

type EncodeParams = NoiseParams & { B: number; D: number; E: number };

/** y[m, …]: of a number (clamp(x, ±10), 1), of a cycle also (sin, cos) 2π(x·turns + phase), of a level one-hot, or its 32 signs where there are more; 0 where a cell is missing. */
export const encodeColumnsKernel: Kernel<EncodeParams> = {
  name: "encode_columns",
  wgsl: shaders.encodeColumns,
  inputs: ["data", "u32?", "u32"],
  outputs: ["f32"],
  params: { B: "u32", D: "u32", E: "u32", ...cellFields },
  constants: cellConstants,
  grid: ({ B, D }) => linearGrid(4 * B * D),
  cpu([x, index, columns], [y], p, c) {
    const descriptors = descriptorsOf(columns!, p.D);
    const cell = cellLoader(x!, index!, descriptors, p, c);
    for (let m = 0; m < p.B; m++) {
      descriptors.forEach(({ kind, input, count, turns, phase }, j) => {
        const value = cell(m, j);
        const at = m * p.E + input;
        const seen = value === value;
        if (kind === KINDS.category) y!.fill(0, at, at + count);
        if (kind === KINDS.category && seen) y![at + value] = 1;
        if (kind === KINDS.coded) writeCode(y!, at, value);
        if (kind !== KINDS.number && kind !== KINDS.cyclic) return;
        y![at] = seen ? Math.min(FURTHEST, Math.max(-FURTHEST, value)) : 0;
        y![at + 1] = seen ? 1 : 0;
        if (kind !== KINDS.cyclic) return;
        const angle = 2 * Math.PI * (value * turns + phase);
        y![at + 2] = seen ? Math.sin(angle) : 0;
        y![at + 3] = seen ? Math.cos(angle) : 0;
      });
    }
  },
  cost: ({ B, D, E }) => ({ flops: 4 * B * D, bytes: 4 * B * (D + E) }),
};

function writeCode(y: TypedArray, at: number, level: number): void {
  const code = level === level ? codeOf(level) : 0;
  for (let k = 0; k < SIGNS; k++) y[at + k] = level !== level ? 0 : (code >>> k) & 1 ? 1 : -1;
}

/** Throws unless a batch has a table's columns, and `words` are what the device holds of them. */
export function checkTable(op: string, batch: BatchRows, layout: TableLayout, words: Tensor): void {
  checkSameDevice(op, batch.device, check(op, { words }, "u32"), "x and words");
  const D = layout.columns.length;
  if (batch.columns !== D) throw new RangeError(`${op}: x has the table's ${D} columns, got [${batch.rows}, ${batch.columns}]`);
  if (!sameShape(words.shape, [layout.words.length])) {
    throw new RangeError(`${op}: words are layout.words on the device, [${layout.words.length}], got ${show(words.shape)}`);
  }
}

/**
 * What an encoder takes of a table's rows, [B, layout.inputs]: x [B, D] one number a cell, NaN where it is missing; `words` is `layout.words` as a u32
 * tensor. A constant: no gradient flows to data.
 */
export function encodeColumns(x: Tensor | BatchRows, layout: TableLayout, words: Tensor): Tensor {
  const op = "encodeColumns";
  const batch = asRows(op, "x", x);
  checkTable(op, batch, layout, words);
  const [B, D, E] = [batch.rows, batch.columns, layout.inputs];
  const y = empty(batch.device, [B, E], "f32", { tracked: false });
  batch.device.run(encodeColumnsKernel, [batch.data, batch.index, words.slice], [y.slice], { B, D, E, ...cellParams(batch) }, cellConstantsOf(batch));
  return y;
}
