/** Ops that move values without computing: views under another shape, copies by strides, and a choice between two tensors. */
import { ARRAY, checkValue, NUMBERS } from "../check.ts";
import { anyTracked, record } from "../autodiff.ts";
import { fill, full } from "../fill.ts";
import { type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { broadcastShapes, broadcastStrides, checkShape, normaliseAxis, padded, sameShape, type Shape, show, sizeOf, stridesOf } from "../shape.ts";
import { alias, check, checkAny, checkSameDevice, empty, type Tensor } from "../tensor.ts";
import { broadcastInto, giveSummed } from "./reduce.ts";
import { copyRegion, offsetsOf, type Region, whole } from "./strided.ts";

/** The same values under another shape, in the same memory; one dimension may be −1, to be whatever fits. Any dtype. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkValue("reshape", "a shape", shape, NUMBERS);
  checkAny("reshape", "x", x);
  const y = alias(x, inferShape(x, shape), { tracked: x.tracked });
  record([y], [x], ([dy], [want]) => want?.give(alias(dy!, x.shape)));
  return y;
}

function inferShape(x: Tensor, shape: Shape): Shape {
  const open = shape.indexOf(-1);
  const rest = shape.filter((_, i) => i !== open);
  checkShape("reshape", rest);
  const known = sizeOf(rest);
  const inferred = open < 0 ? shape : shape.with(open, known === 0 ? 0 : x.size / known);
  if (sizeOf(inferred) !== x.size || !inferred.every(Number.isInteger)) {
    throw new RangeError(`reshape: the number of values stays the same, got x of shape ${show(x.shape)} and new shape ${show(shape)}`);
  }
  checkShape("reshape", inferred);
  return inferred;
}

/** y[i_perm] = x[i]: dimension d of y is dimension perm[d] of x; without `perm` all are reversed. */
export function transpose(x: Tensor, perm?: readonly number[]): Tensor {
  const device = check("transpose", { x });
  if (perm !== undefined) checkValue("transpose", "perm", perm, NUMBERS);
  const rank = x.shape.length;
  const order = perm ?? x.shape.map((_, d) => rank - 1 - d);
  if (order.length !== rank || !x.shape.every((_, d) => order.includes(d))) {
    throw new RangeError(`transpose: perm names each axis of ${show(x.shape)} once, got ${show(order)}`);
  }
  const shape = order.map((d) => x.shape[d]!);
  const y = empty(device, shape, "f32", { tracked: anyTracked(x) });
  const permuted = (t: Tensor): Region => ({ ...whole(t), strides: order.map((d) => stridesOf(x.shape)[d]!) });
  copyRegion(shape, permuted(x), whole(y), 0);
  record([y], [x], ([dy], [want]) => {
    if (!want) return;
    const { target, accumulate } = want.write();
    copyRegion(shape, whole(dy!), permuted(target), accumulate);
  });
  return y;
}

/** y[i] = x[begin + i·step] in every dimension, up to but not including `end`; `step` is 1 where it is not given. */
export function slice(x: Tensor, begin: readonly number[], end: readonly number[], step: readonly number[] = x.shape.map(() => 1)): Tensor {
  const device = check("slice", { x });
  for (const [name, places] of Object.entries({ begin, end, step })) checkValue("slice", name, places, NUMBERS);
  const shape = slicedShape(x, begin, end, step);
  const all = stridesOf(x.shape);
  const offset = all.reduce((at, stride, d) => at + begin[d]! * stride, 0);
  const strides = all.map((stride, d) => stride * step[d]!);
  const y = empty(device, shape, "f32", { tracked: anyTracked(x) });
  copyRegion(shape, { slice: x.slice, offset, strides }, whole(y), 0);
  record([y], [x], ([dy], [want]) => {
    if (!want) return;
    const { target, accumulate } = want.write();
    if (accumulate === 0) device.run(fill, [], [target.slice], { n: target.size, value: 0 });
    copyRegion(shape, whole(dy!), { slice: target.slice, offset, strides }, accumulate);
  });
  return y;
}

function slicedShape(x: Tensor, begin: readonly number[], end: readonly number[], step: readonly number[]): number[] {
  const rank = x.shape.length;
  const fits = (d: number, n: number): boolean => {
    const [b, e, s] = [begin[d]!, end[d]!, step[d]!];
    return [b, e, s].every(Number.isInteger) && 0 <= b && b <= e && e <= n && s >= 1;
  };
  if (begin.length !== rank || end.length !== rank || step.length !== rank || !x.shape.every((n, d) => fits(d, n))) {
    throw new RangeError(
      `slice: 0 ≤ begin ≤ end ≤ size and step ≥ 1 in every dimension, got begin ${show(begin)}, end ${show(end)} and step ${show(step)} for x of shape ${show(x.shape)}`,
    );
  }
  return x.shape.map((_, d) => Math.ceil((end[d]! - begin[d]!) / step[d]!));
}

/** The tensors one after the other along `axis`; their other dimensions are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  checkValue("concat", "tensors", tensors, ARRAY);
  if (tensors.length === 0) throw new RangeError("concat: needs at least one tensor, got none");
  const device = check("concat", Object.fromEntries(tensors.map((t, i) => [`tensors[${i}]`, t])));
  const first = tensors[0]!.shape;
  const along = normaliseAxis("concat", axis, first);
  for (const [i, t] of tensors.entries()) {
    if (t.shape.length !== first.length || !t.shape.every((n, d) => d === along || n === first[d])) {
      throw new RangeError(`concat: shapes are equal except along axis ${axis}, tensors[0] is ${show(first)} and tensors[${i}] is ${show(t.shape)}`);
    }
  }
  const total = tensors.reduce((size, t) => size + t.shape[along]!, 0);
  const y = empty(device, first.with(along, total), "f32", { tracked: anyTracked(...tensors) });
  let before = 0;
  const starts = tensors.map((t) => (before += t.shape[along]!) - t.shape[along]!);
  const part = (of: Tensor, i: number): Region => ({ ...whole(of), offset: starts[i]! * stridesOf(of.shape)[along]! });
  tensors.forEach((t, i) => copyRegion(t.shape, whole(t), part(y, i), 0));
  record([y], tensors, ([dy], want) => {
    tensors.forEach((t, i) => {
      const dt = want[i]?.write();
      if (dt) copyRegion(t.shape, part(dy!, i), whole(dt.target), dt.accumulate);
    });
  });
  return y;
}

/** x repeated along new dimensions on the left and along those of size 1. */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  const device = check("broadcastTo", { x });
  checkShape("broadcastTo", shape);
  if (!sameShape(broadcastShapes("broadcastTo", x.shape, shape), shape)) {
    throw new RangeError(`broadcastTo: x of shape ${show(x.shape)} does not broadcast to ${show(shape)}`);
  }
  const tracked = anyTracked(x);
  const y = x.uniform === undefined ? empty(device, shape, "f32", { tracked }) : full(device, shape, x.uniform, { tracked });
  if (x.uniform === undefined) broadcastInto(x.slice, x.shape, { target: y, accumulate: 0 });
  record([y], [x], ([dy], [want]) => want && giveSummed(want, x.shape, dy!));
  return y;
}

type WhereParams = {
  shape: readonly number[];
  condition_strides: readonly number[];
  a_strides: readonly number[];
  b_strides: readonly number[];
  n: number;
};

/** y[i] = condition[i] ≠ 0 ? a[i] : b[i], all three broadcast to shape. */
export const whereKernel: Kernel<WhereParams> = {
  name: "where",
  wgsl: shaders.where,
  inputs: ["u32", "f32", "f32"],
  outputs: ["f32"],
  params: { shape: "vec4u", condition_strides: "vec4u", a_strides: "vec4u", b_strides: "vec4u", n: "u32" },
  grid: ({ n }) => linearGrid(n),
  cpu([condition, a, b], [y], { shape, condition_strides, a_strides, b_strides, n }) {
    const of = offsetsOf(shape, condition_strides);
    const ofA = offsetsOf(shape, a_strides);
    const ofB = offsetsOf(shape, b_strides);
    for (let i = 0; i < n; i++) y![i] = condition![of[i]!]! !== 0 ? a![ofA[i]!]! : b![ofB[i]!]!;
  },
  cost: ({ n }) => ({ flops: 0, bytes: 16 * n }),
};

/** y = a where condition (u32) is not 0, else b; all three broadcast, and a number stands for a scalar. */
export function where(condition: Tensor, a: Tensor | number, b: Tensor | number): Tensor {
  const device = check("where", { condition }, "u32");
  const operand = (value: Tensor | number): Tensor => (typeof value === "number" ? full(device, [], value) : value);
  return select(condition, operand(a), operand(b));
}

function select(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  const device = check("where", { a, b });
  checkSameDevice("where", condition.device, device);
  const shape = broadcastShapes("where", broadcastShapes("where", a.shape, b.shape), condition.shape);
  const y = empty(device, shape, "f32", { tracked: anyTracked(a, b) });
  const strides = (t: Tensor): number[] => padded(broadcastStrides(t.shape, shape), 0);
  device.run(whereKernel, [condition.slice, a.slice, b.slice], [y.slice], {
    shape: padded(shape, 1),
    condition_strides: strides(condition),
    a_strides: strides(a),
    b_strides: strides(b),
    n: y.size,
  });
  record([y], [a, b], ([dy], [wantA, wantB]) => {
    if (wantA) giveSummed(wantA, a.shape, where(condition, dy!, 0));
    if (wantB) giveSummed(wantB, b.shape, where(condition, 0, dy!));
  });
  return y;
}
