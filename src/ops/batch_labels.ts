/** The labels of a batch, picked as its rows are. */
import type { Slice } from "../device/device.ts";
import { type Kernel, linearGrid, type Scalar } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, checkSameDevice, empty, Tensor } from "../tensor.ts";
import { asRows, type BatchRows } from "./rows.ts";

/** y[i] = labels[index[offset + i]], or without an index labels[offset + i]. */
export const batchLabelsKernel: Kernel<{ n: number; offset: number }> = {
  name: "batch_labels",
  wgsl: shaders.batchLabels,
  inputs: ["u32", "u32?"],
  outputs: ["u32"],
  params: { n: "u32", offset: "step.u32" },
  constants: { GATHER: false },
  grid: ({ n }) => linearGrid(n),
  cpu([labels, index], [y], { n, offset }, { GATHER }) {
    for (let i = 0; i < n; i++) y![i] = labels![GATHER ? index![offset + i]! : offset + i]!;
  },
  cost: ({ n }) => ({ flops: 0, bytes: 12 * n }),
};

/** The labels of a data set's rows. */
export interface Labels {
  /** u32, one for each row. */
  readonly slice: Slice;
  /** The greatest label, and the first row that has it. */
  readonly greatest: number;
  readonly row: number;
}

/**
 * The labels u32 [rows] of a batch's rows, from those of a data set: made when they are first used, so that who needs none launches nothing. Which of
 * them a batch has only the device knows: ops check the greatest of all.
 */
export function batchLabels({ slice: labels, greatest, row }: Labels, rows: number, offset: Scalar, index: Slice | null): Tensor {
  const { device } = labels;
  const make = (): Slice => {
    const y = empty(device, [rows], "u32").slice;
    device.run(batchLabelsKernel, [labels, index], [y], { n: rows, offset }, { GATHER: index !== null });
    return y;
  };
  return new Tensor(device, "u32", [rows], make, { greatest: { value: greatest, at: row } });
}

/** x [B, D] with the label of each row, u32 [B], for a conditional model; no gradient flows to x. Labels lie below the model's classes. */
export function withLabels(x: Tensor | BatchRows, labels: Tensor): BatchRows {
  const batch = asRows("withLabels", "x", x);
  const device = check("withLabels", { labels }, "u32");
  checkSameDevice("withLabels", batch.device, device, "x and labels");
  if (labels.shape.length !== 1 || labels.shape[0] !== batch.rows) {
    throw new RangeError(`withLabels: labels has shape [${batch.rows}], one for each row, got ${show(labels.shape)}`);
  }
  return { ...batch, labels };
}
