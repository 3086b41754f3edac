/** Dynamic binarisation: grey values as probabilities, drawn anew whenever the key changes (Salakhutdinov and Murray 2008). */
import { wordsOf } from "../check.ts";
import { type Kernel, type KeyWords, linearGrid } from "../kernel.ts";
import { philox, uniformOf } from "../random.ts";
import * as shaders from "../shaders.ts";
import type { Tensor } from "../tensor.ts";
import { asRows, type BatchRows, rowConstants, rowLoader, rowParams } from "./rows.ts";

type BinariseParams = { n: number; columns: number; k0: number; k1: number; offset: number; scale: number; shift: number; first: number };

/** y[m, k] = 1 where uniformOf(bits_i) < x[m, k], else 0, i = (first + r)·columns + k, r the row of the data set. */
export const binariseKernel: Kernel<BinariseParams> = {
  name: "binarise",
  wgsl: shaders.binarise,
  inputs: ["data", "u32?"],
  outputs: ["f32"],
  params: { n: "u32", columns: "u32", k0: "step.u32", k1: "step.u32", offset: "step.u32", scale: "f32", shift: "f32", first: "u32" },
  constants: { U8: false, GATHER: false },
  grid: ({ n }) => linearGrid(n),
  cpu([x, index], [y], { n, columns, k0, k1, offset, scale, shift, first }, c) {
    // Rounded to f32 on every device: a draw may not depend on who compares.
    const at = rowLoader(x!, index!, columns, { offset, scale: Math.fround(scale), shift: Math.fround(shift) }, c);
    const block = new Uint32Array(4);
    let drawn = -1;
    for (let m = 0; m * columns < n; m++) {
      const row = c.GATHER ? index![offset + m]! : offset + m;
      for (let k = 0; k < columns; k++) {
        const i = (first + row) * columns + k;
        if (i >>> 2 !== drawn) philox((drawn = i >>> 2), 0, 0, 0, k0, k1, block);
        y![m * columns + k] = uniformOf(block[i & 3]!) < Math.fround(at(m, k)) ? 1 : 0;
      }
    }
  },
  cost: ({ n }) => ({ flops: 80 * n, bytes: 8 * n }),
};

/**
 * x ~ Bernoulli(x), 0 or 1 for values in [0, 1], f32 [B, D]: element k of data-set row r is drawn with element r·D + k of the key's stream of
 * uniform numbers, so that a row's draw does not depend on the batch that it is in. 0 and 1 stay what they are. Equal bit for bit on every device
 * where the shift of the data is 0; elsewhere up to the rounding of raw·scale + shift.
 */
export function binarise(x: Tensor | BatchRows, key: KeyWords): BatchRows {
  const batch = asRows("binarise", "x", x);
  const { device, rows, columns, labels } = batch;
  const [k0, k1] = wordsOf("binarise", "the key", key);
  const { firstRow: first = 0 } = key;
  const data = device.alloc("f32", rows * columns);
  device.run(
    binariseKernel,
    [batch.data, batch.index],
    [data],
    { n: rows * columns, columns, k0, k1, first, ...rowParams(batch) },
    rowConstants(batch),
  );
  return { device, data, index: null, offset: 0, rows, columns, scale: 1, shift: 0, labels };
}
