/** Rows picked by index, with a gradient in which repeated rows accumulate in the order of the indices. */
import { anyTracked, record } from "../autodiff.ts";
import { type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show, sizeOf } from "../shape.ts";
import { check, checkBelow, checkSameDevice, empty, type Tensor } from "../tensor.ts";

type GatherParams = { n: number; rows: number; columns: number };

/** y[i, c] = x[index[i], c]; NaN where there is no row index[i]. */
export const gatherRowsKernel: Kernel<GatherParams> = {
  name: "gather_rows",
  wgsl: shaders.gatherRows,
  inputs: ["f32", "u32"],
  outputs: ["f32"],
  params: { n: "u32", rows: "u32", columns: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([x, index], [y], { n, rows, columns }) {
    for (let i = 0; i * columns < n; i++) {
      const row = index![i]!;
      for (let c = 0; c < columns; c++) y![i * columns + c] = row < rows ? x![row * columns + c]! : NaN;
    }
  },
  cost: ({ n }) => ({ flops: 0, bytes: 8 * n }),
};

type GatherGradParams = { n: number; rows: number; columns: number; count: number; accumulate: number };

/** dx[r, c] (+)= Σi dy[i, c] over the i with index[i] = r, in ascending order. */
export const gatherRowsGradKernel: Kernel<GatherGradParams> = {
  name: "gather_rows_grad",
  wgsl: shaders.gatherRowsGrad,
  inputs: ["f32", "u32"],
  outputs: ["f32"],
  params: { n: "u32", rows: "u32", columns: "u32", count: "u32", accumulate: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([dy, index], [dx], { n, rows, columns, count, accumulate }) {
    const sums = new Float64Array(n);
    for (let i = 0; i < count; i++) {
      const row = index![i]!;
      for (let c = 0; row < rows && c < columns; c++) sums[row * columns + c]! += dy![i * columns + c]!;
    }
    for (let i = 0; i < n; i++) dx![i] = accumulate ? dx![i]! + sums[i]! : sums[i]!;
  },
  cost: ({ n, columns, count }) => ({ flops: columns * count, bytes: 4 * (n + columns * count) }),
};

/**
 * y[i, …] = x[index[i], …]: x [R, …], index u32 [N] → [N, …]. Throws RangeError where an index is not below R, if `tensor` made the indices. Of those
 * that a kernel made the host knows nothing, and a device cannot throw: one that is not below R gives a row of NaN, and no gradient.
 */
export function gatherRows(x: Tensor, index: Tensor): Tensor {
  const device = check("gatherRows", { x });
  checkSameDevice("gatherRows", device, check("gatherRows", { index }, "u32"));
  const [rows, ...rest] = x.shape;
  if (rows === undefined || index.shape.length !== 1) {
    throw new RangeError(`gatherRows: x has rank 1 or more and index rank 1, got ${show(x.shape)} and ${show(index.shape)}`);
  }
  if (rows === 0 && index.size > 0) throw new RangeError(`gatherRows: there is no row to pick, got x of shape ${show(x.shape)}`);
  checkBelow("gatherRows", "indices", index, rows);
  const columns = sizeOf(rest);
  const y = empty(device, [index.size, ...rest], "f32", { tracked: anyTracked(x) });
  device.run(gatherRowsKernel, [x.slice, index.slice], [y.slice], { n: y.size, rows, columns });
  record([y], [x], ([dy], [want]) => {
    if (!want) return;
    const { target, accumulate } = want.write();
    device.run(gatherRowsGradKernel, [dy!.slice, index.slice], [target.slice], { n: x.size, rows, columns, count: index.size, accumulate });
  });
  return y;
}
