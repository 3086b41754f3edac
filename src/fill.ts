/** What tensors and gradients need before there are ops: memory filled with one number, and one tensor added onto another. */
import type { Device, Slice } from "./device/device.ts";
import { type Kernel, linearGrid, type Scalar } from "./kernel.ts";
import * as shaders from "./shaders.ts";
import { checkShape, type Shape, sizeOf } from "./shape.ts";
import { Tensor, type TensorOptions } from "./tensor.ts";

/** y[i] = value. */
export const fill: Kernel<{ n: number; value: number }> = {
  name: "fill",
  wgsl: shaders.fill,
  inputs: [],
  outputs: ["f32"],
  params: { n: "u32", value: "step.f32" },
  grid: ({ n }) => linearGrid(n),
  cpu: (_, [y], { n, value }) => y!.fill(value, 0, n),
  cost: ({ n }) => ({ flops: 0, bytes: 4 * n }),
};

/** y[i] += x[i]. */
export const accumulate: Kernel<{ n: number }> = {
  name: "accumulate",
  wgsl: shaders.accumulate,
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([x], [y], { n }) {
    for (let i = 0; i < n; i++) y![i]! += x![i]!;
  },
  cost: ({ n }) => ({ flops: n, bytes: 12 * n }),
};

/** y[…] = value: no memory and no launch until a kernel reads it. A constant unless `tracked`. */
export function full(device: Device, shape: Shape, value: Scalar, options: TensorOptions = { tracked: false }): Tensor {
  checkShape("full", shape);
  const make = (): Slice => filled(device, sizeOf(shape), value);
  return new Tensor(device, "f32", shape, make, { ...options, uniform: value });
}

function filled(device: Device, length: number, value: Scalar): Slice {
  const slice = device.alloc("f32", length);
  device.run(fill, [], [slice], { n: length, value });
  return slice;
}

/** A tensor of zeros: constant, made on first use. */
export function zeros(device: Device, shape: Shape): Tensor {
  return full(device, shape, 0);
}

/** A tensor of ones: constant, made on first use. */
export function ones(device: Device, shape: Shape): Tensor {
  return full(device, shape, 1);
}
