/** Reductions over any axes: a sum or a maximum of the elements that share an output. */
import { foldedGrid, type Kernel, type Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { padded, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { offsetsOf } from "./strided.ts";

/** How x splits into kept and reduced axes: the shape and strides of both, and the number of reduced elements. */
export type Split = {
  readonly count: number;
  readonly kept: readonly number[];
  readonly kept_strides: readonly number[];
  readonly reduced: readonly number[];
  readonly reduced_strides: readonly number[];
};

const splitParams = { count: "u32", kept: "vec4u", kept_strides: "vec4u", reduced: "vec4u", reduced_strides: "vec4u" } as const;

/** Splits a shape by the axes (normalised) to reduce. */
export function splitShape(shape: Shape, axes: readonly number[]): Split {
  const strides = stridesOf(shape);
  const pick = (values: readonly number[], reduced: boolean): number[] => values.filter((_, i) => axes.includes(i) === reduced);
  return {
    count: sizeOf(pick(shape, true)),
    kept: padded(pick(shape, false), 1),
    kept_strides: padded(pick(strides, false), 0),
    reduced: padded(pick(shape, true), 1),
    reduced_strides: padded(pick(strides, true), 0),
  };
}

/** The invocations that share an output: one for short reductions, a whole workgroup for long ones. */
export function lanesFor(count: number): { readonly LANES: number } {
  return { LANES: count < 256 ? 1 : 64 };
}

export type ReduceParams = Split & { n: number; parts: number; chunk: number; accumulate: number };

interface Reduction {
  readonly name: string;
  readonly wgsl: Shader;
  /** The value that a reduction starts from, given its first element. */
  start(first: number): number;
  combine(p: number, q: number): number;
}

/** y[o·parts + p] (+)= combine over r in chunk p of x[o, r]; n = outputs times parts. */
/* @__NO_SIDE_EFFECTS__ */
function reduceKernel({ name, wgsl, start, combine }: Reduction): Kernel<ReduceParams> {
  return {
    name,
    wgsl,
    inputs: ["f32"],
    outputs: ["f32"],
    params: { n: "u32", parts: "u32", chunk: "u32", accumulate: "u32", ...splitParams },
    constants: { LANES: 1 },
    grid: ({ n }, { LANES }) => foldedGrid(Math.ceil((n * Number(LANES)) / 64)),
    cpu([x], [y], { n, parts, chunk, accumulate, count, kept, kept_strides, reduced, reduced_strides }) {
      const bases = offsetsOf(kept, kept_strides);
      const offsets = offsetsOf(reduced, reduced_strides);
      for (let i = 0; i < n; i++) {
        const base = bases[Math.floor(i / parts)]!;
        const begin = (i % parts) * chunk;
        const end = Math.min(begin + chunk, count);
        let value = start(x![base + offsets[begin]!]!);
        for (let r = begin; r < end; r++) value = combine(value, x![base + offsets[r]!]!);
        y![i] = accumulate ? y![i]! + value : value;
      }
    },
    cost: ({ n, parts, count }) => ({ flops: (n / parts) * count, bytes: 4 * ((n / parts) * count + n) }),
  };
}

/** y[o] (+)= Σr x[o, r]. */
export const reduceSum: Kernel<ReduceParams> = reduceKernel({
  name: "reduce_sum",
  wgsl: shaders.reduceSum,
  start: () => 0,
  combine: (p, q) => p + q,
});

/** y[o] = max over r of x[o, r]; NaN if any is NaN. */
export const reduceMax: Kernel<ReduceParams> = reduceKernel({
  name: "reduce_max",
  wgsl: shaders.reduceMax,
  start: (first) => first,
  combine: Math.max,
});

export type ReduceMaxGradParams = Split & { n: number; accumulate: number };

/** dx[o, r] (+)= dy[o] / T[o] where x[o, r] = y[o], else 0, with T[o] the number of those r; NaN where y[o] is. */
export const reduceMaxGrad: Kernel<ReduceMaxGradParams> = {
  name: "reduce_max_grad",
  wgsl: shaders.reduceMaxGrad,
  inputs: ["f32", "f32", "f32"],
  outputs: ["f32"],
  params: { n: "u32", accumulate: "u32", ...splitParams },
  constants: { LANES: 1 },
  grid: ({ n }, { LANES }) => foldedGrid(Math.ceil((n * Number(LANES)) / 64)),
  cpu([x, y, dy], [dx], { n, accumulate, count, kept, kept_strides, reduced, reduced_strides }) {
    const bases = offsetsOf(kept, kept_strides);
    const offsets = offsetsOf(reduced, reduced_strides);
    for (let o = 0; o < n; o++) {
      const base = bases[o]!;
      let ties = 0;
      for (let r = 0; r < count; r++) if (x![base + offsets[r]!] === y![o]) ties++;
      for (let r = 0; r < count; r++) {
        const at = base + offsets[r]!;
        const share = Number.isNaN(y![o]!) ? NaN : x![at] === y![o] ? dy![o]! / ties : 0;
        dx![at] = accumulate ? dx![at]! + share : share;
      }
    }
  },
  cost: ({ n, count }) => ({ flops: 2 * n * count, bytes: 12 * n * count }),
};
