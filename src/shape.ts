/** Shapes: row-major, rank 0 to 4, NumPy broadcasting. Pure functions. */
import { checkValue, NUMBER, NUMBERS } from "./check.ts";

/** The sizes of a tensor, the outermost first: whole numbers of at least 0, at most four of them. */
export type Shape = readonly number[];

export const MAX_RANK = 4;

/** `[128, 784]`, as shapes are written in messages. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** The number of elements: the product of the dimensions, 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, n) => size * n, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** Throws unless `shape` has rank 0 to 4 and whole, non-negative dimensions. */
export function checkShape(op: string, shape: Shape): void {
  if (!Array.isArray(shape)) checkValue(op, "a shape", shape, NUMBERS);
  if (shape.length > MAX_RANK) throw new RangeError(`${op}: rank is at most ${MAX_RANK}, got ${show(shape)} (reshape it first)`);
  for (const n of shape) {
    if (typeof n !== "number") checkValue(op, "a shape", shape, NUMBERS);
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${op}: dimensions are whole numbers of at least 0, got ${show(shape)}`);
  }
}

/** Row-major strides: `[3, 4, 5]` → `[20, 5, 1]`. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** The shape that `a` and `b` broadcast to: right-aligned, each dimension equal or 1. */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(`${op}: shapes do not broadcast, a is ${show(a)} and b is ${show(b)} (dimensions must be equal or 1)`);
    }
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}

/** The strides that read a tensor of `shape` as if it had shape `to`: 0 where it repeats. */
export function broadcastStrides(shape: Shape, to: Shape): number[] {
  const strides = stridesOf(shape);
  const lead = to.length - shape.length;
  return to.map((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? 0 : strides[i - lead]!));
}

/** The axes of `to` along which a tensor of `shape` repeats; summing over them is the gradient of broadcasting. */
export function broadcastAxes(shape: Shape, to: Shape): number[] {
  const lead = to.length - shape.length;
  return to.flatMap((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? [i] : []));
}

/** A shape or stride list of rank 4, filled on the left: what kernels take as `vec4u`. */
export function padded(values: readonly number[], fill: number): number[] {
  return [...new Array<number>(MAX_RANK - values.length).fill(fill), ...values];
}

/** Axes in ascending order, negative ones counted from the end; `undefined` means all. */
export function normaliseAxes(op: string, axes: readonly number[] | undefined, shape: Shape): number[] {
  if (axes === undefined) return shape.map((_, i) => i);
  checkValue(op, "axes", axes, NUMBERS);
  const normal = axes.map((axis) => normaliseAxis(op, axis, shape));
  if (new Set(normal).size !== normal.length) throw new RangeError(`${op}: axes repeat, got ${show(axes)} for shape ${show(shape)}`);
  return normal.sort((a, b) => a - b);
}

/** One axis, a negative one counted from the end. */
export function normaliseAxis(op: string, axis: number, shape: Shape): number {
  checkValue(op, "axis", axis, NUMBER);
  const normal = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= shape.length) {
    throw new RangeError(`${op}: axis ${axis} is out of range for shape ${show(shape)} (it has rank ${shape.length})`);
  }
  return normal;
}

/** The shape after reducing `axes` (normalised): dropped, or kept as 1. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return shape.filter((_, i) => !axes.includes(i));
}
