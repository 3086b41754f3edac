/** Elements picked out of memory by a shape and strides of rank 4: what views, copies and reductions are made of. */
import type { Slice } from "../device/device.ts";
import { type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { padded, type Shape, sizeOf, stridesOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Σd index_d·strides_d for every index of `shape` in row-major order; both of rank 4. */
export function offsetsOf(shape: readonly number[], strides: readonly number[]): Uint32Array {
  const [n0, n1, n2, n3] = shape as readonly [number, number, number, number];
  const [s0, s1, s2, s3] = strides as readonly [number, number, number, number];
  const offsets = new Uint32Array(n0 * n1 * n2 * n3);
  let at = 0;
  for (let i = 0; i < n0; i++) {
    for (let j = 0; j < n1; j++) {
      for (let k = 0; k < n2; k++) {
        const base = i * s0 + j * s1 + k * s2;
        for (let l = 0; l < n3; l++) offsets[at++] = base + l * s3;
      }
    }
  }
  return offsets;
}

type StridedParams = {
  shape: readonly number[];
  x_strides: readonly number[];
  y_strides: readonly number[];
  n: number;
  x_offset: number;
  y_offset: number;
  accumulate: number;
};

/** y[y_offset + Σd i_d·y_strides_d] (+)= x[x_offset + Σd i_d·x_strides_d] for every index i of shape. */
export const stridedCopy: Kernel<StridedParams> = {
  name: "strided_copy",
  wgsl: shaders.stridedCopy,
  inputs: ["f32"],
  outputs: ["f32"],
  params: { shape: "vec4u", x_strides: "vec4u", y_strides: "vec4u", n: "u32", x_offset: "u32", y_offset: "u32", accumulate: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([x], [y], { shape, x_strides, y_strides, n, x_offset, y_offset, accumulate }) {
    const from = offsetsOf(shape, x_strides);
    const to = offsetsOf(shape, y_strides);
    for (let i = 0; i < n; i++) {
      const value = x![x_offset + from[i]!]!;
      const at = y_offset + to[i]!;
      y![at] = accumulate ? y![at]! + value : value;
    }
  },
  cost: ({ n }) => ({ flops: 0, bytes: 8 * n }),
};

/** Elements in memory: the first one, and the step between neighbours in each dimension. */
export interface Region {
  readonly slice: Slice;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** All elements of a tensor, in order. */
export function whole(t: Tensor): Region {
  return { slice: t.slice, offset: 0, strides: stridesOf(t.shape) };
}

/** to[i] (+)= from[i] for every index i of `shape`. */
export function copyRegion(shape: Shape, from: Region, to: Region, accumulate: 0 | 1): void {
  to.slice.device.run(stridedCopy, [from.slice], [to.slice], {
    shape: padded(shape, 1),
    x_strides: padded(from.strides, 0),
    y_strides: padded(to.strides, 0),
    n: sizeOf(shape),
    x_offset: from.offset,
    y_offset: to.offset,
    accumulate,
  });
}
