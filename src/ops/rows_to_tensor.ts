/** Rows of a data set as a tensor, for ops that take no rows. */
import { type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { empty, Tensor } from "../tensor.ts";
import { asRows, type BatchRows, rowConstants, rowLoader, rowParams } from "./rows.ts";

type RowsParams = { n: number; columns: number; offset: number; scale: number; shift: number };

/** y[m, k] = x[m, k], scaled. */
export const rowsToTensorKernel: Kernel<RowsParams> = {
  name: "rows_to_tensor",
  wgsl: shaders.rowsToTensor,
  inputs: ["data", "u32?"],
  outputs: ["f32"],
  params: { n: "u32", columns: "u32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { U8: false, GATHER: false },
  grid: ({ n }) => linearGrid(n),
  cpu([x, index], [y], p, c) {
    const at = rowLoader(x!, index!, p.columns, p, c);
    for (let m = 0, i = 0; i < p.n; m++) for (let k = 0; k < p.columns; k++) y![i++] = at(m, k);
  },
  cost: ({ n }) => ({ flops: 2 * n, bytes: 8 * n }),
};

/** The values of a batch, [rows, columns] f32: a constant, because data has no gradient. Nothing is copied where they lie like that already. */
export function rowsToTensor(batch: Tensor | BatchRows): Tensor {
  if (batch instanceof Tensor) return batch;
  asRows("rowsToTensor", "batch", batch);
  const { device, data, index, offset, rows, columns, scale, shift } = batch;
  if (data.dtype === "f32" && index === null && offset === 0 && scale === 1 && shift === 0) {
    return new Tensor(device, "f32", [rows, columns], data.view(0, rows * columns), { tracked: false });
  }
  const y = empty(device, [rows, columns], "f32", { tracked: false });
  device.run(rowsToTensorKernel, [data, index], [y.slice], { n: y.size, columns, ...rowParams(batch) }, rowConstants(batch));
  return y;
}
