/** Sums and maxima over any axes. */
import { anyTracked, type Destination, record, type Sink } from "../autodiff.ts";
import type { Slice } from "../device/device.ts";
import { full } from "../fill.ts";
import type { Kernel } from "../kernel.ts";
import { broadcastAxes, broadcastStrides, normaliseAxes, reducedShape, sameShape, type Shape, show, sizeOf } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { lanesFor, reduceMax, reduceMaxGrad, type ReduceParams, reduceSum, splitShape } from "./reduce_kernel.ts";
import { copyRegion, whole } from "./strided.ts";

/** A reduction of more elements than this is done in chunks first: many workgroups work on one output, and rounding errors grow by chunks. */
const CHUNK = 4096;

/** Reduces `axes` of x, which has `shape`, into y. */
function reduce(kernel: Kernel<ReduceParams>, x: Slice, shape: Shape, axes: readonly number[], y: Slice, accumulate: 0 | 1): void {
  const split = splitShape(shape, axes);
  const n = sizeOf(split.kept);
  const parts = Math.max(1, Math.ceil(split.count / CHUNK));
  if (parts === 1) {
    x.device.run(kernel, [x], [y], { n, parts, chunk: CHUNK, accumulate, ...split }, lanesFor(split.count));
    return;
  }
  x.device.scope(() => {
    const partial = x.device.alloc("f32", n * parts);
    x.device.run(kernel, [x], [partial], { n: n * parts, parts, chunk: CHUNK, accumulate: 0, ...split }, lanesFor(CHUNK));
    reduce(kernel, partial, [n, parts], [1], y, accumulate);
  });
}

/** y[…] = Σ x over `axes` (default all, giving a scalar), each dropped, or kept as 1 with `keepDims`; the sum of nothing is 0. */
export function sum(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const device = check("sum", { x });
  const reduced = normaliseAxes("sum", axes, x.shape);
  const y = empty(device, reducedShape(x.shape, reduced, keepDims), "f32", { tracked: anyTracked(x) });
  reduce(reduceSum, x.slice, x.shape, reduced, y.slice, 0);
  record([y], [x], ([dy], [want]) => want && spread(dy!, reducedShape(x.shape, reduced, true), x.shape, want));
  return y;
}

/** dx[…] (+)= dy repeated along the reduced axes; `kept` is the shape of dy with those axes as 1. */
function spread(dy: Tensor, kept: Shape, shape: Shape, want: Sink): void {
  if (dy.uniform !== undefined) return want.give(full(dy.device, shape, dy.uniform));
  broadcastInto(dy.slice, kept, want.write());
}

/** target (+)= x of `shape`, repeated to the target's shape. */
export function broadcastInto(x: Slice, shape: Shape, { target, accumulate }: Destination): void {
  copyRegion(target.shape, { slice: x, offset: 0, strides: broadcastStrides(shape, target.shape) }, whole(target), accumulate);
}

/** The gradient of broadcasting: gives a sink of `shape` the gradient summed over the axes along which that shape repeats. */
export function giveSummed(want: Sink, shape: Shape, gradient: Tensor): void {
  if (sameShape(shape, gradient.shape)) return want.give(gradient);
  const { target, accumulate } = want.write();
  reduce(reduceSum, gradient.slice, gradient.shape, broadcastAxes(shape, gradient.shape), target.slice, accumulate);
}

/** y[…] = max x over `axes` (default all), each dropped, or kept as 1 with `keepDims`. NaN wins; equal maxima share the gradient equally. */
export function max(x: Tensor, axes?: readonly number[], keepDims = false): Tensor {
  const device = check("max", { x });
  const reduced = normaliseAxes("max", axes, x.shape);
  if (reduced.some((axis) => x.shape[axis] === 0)) {
    throw new RangeError(`max: nothing to take the maximum of, got x of shape ${show(x.shape)} over axes ${show(reduced)}`);
  }
  const y = empty(device, reducedShape(x.shape, reduced, keepDims), "f32", { tracked: anyTracked(x) });
  reduce(reduceMax, x.slice, x.shape, reduced, y.slice, 0);
  record([y], [x], ([dy], [want]) => {
    if (!want) return;
    const { target, accumulate } = want.write();
    const split = splitShape(x.shape, reduced);
    device.run(reduceMaxGrad, [x.slice, y.slice, dy!.slice], [target.slice], { n: y.size, accumulate, ...split }, lanesFor(split.count));
  });
  return y;
}
