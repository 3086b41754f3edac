/** Labels as rows of zeros with a single one. */
import { type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, checkBelow, empty, type Tensor } from "../tensor.ts";

/** y[i, j] = 1 where j = labels[i], else 0. */
export const oneHotKernel: Kernel<{ rows: number; classes: number }> = {
  name: "one_hot",
  wgsl: shaders.oneHot,
  inputs: ["u32"],
  outputs: ["u32"],
  params: { rows: "u32", classes: "u32" },
  grid: ({ rows, classes }) => linearGrid(rows * classes),
  cpu([labels], [y], { rows, classes }) {
    y!.fill(0, 0, rows * classes);
    for (let i = 0; i < rows; i++) if (labels![i]! < classes) y![i * classes + labels![i]!] = 1;
  },
  cost: ({ rows, classes }) => ({ flops: 0, bytes: 4 * rows * (classes + 1) }),
};

/** y[i, j] = 1 where j = labels[i], else 0; labels u32 [B], y u32 [B, classes]. A label beyond the classes, where only the device knows it, gives a row of zeros. */
export function oneHot(labels: Tensor, classes: number): Tensor {
  const device = check("oneHot", { labels }, "u32");
  if (labels.shape.length !== 1) throw new RangeError(`oneHot: labels has rank 1, got ${show(labels.shape)}`);
  if (!Number.isSafeInteger(classes) || classes < 1) throw new RangeError(`oneHot: classes is a whole number of at least 1, got ${classes}`);
  checkBelow("oneHot", "labels", labels, classes);
  const rows = labels.size;
  const y = empty(device, [rows, classes], "u32");
  device.run(oneHotKernel, [labels.slice], [y.slice], { rows, classes });
  return y;
}
