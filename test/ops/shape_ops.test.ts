import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { full } from "../../src/fill.ts";
import * as oracle from "../../src/lab/oracle/tensors.ts";
import { mul } from "../../src/ops/binary.ts";
import { sum } from "../../src/ops/reduce.ts";
import { broadcastTo, concat, reshape, slice, transpose, where } from "../../src/ops/shape_ops.ts";
import { tensor, type Tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, normals, onEachDevice } from "../support/conformance.ts";

type Dims = readonly number[];

const count = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);

await onEachDevice((device) => {
  it.each<[Dims, Dims]>([
    [[], []],
    [[1], [0]],
    [
      [63, 65],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 0, 2],
    ],
    [
      [2, 3, 4, 5],
      [0, 1, 2, 3],
    ],
    [
      [0, 3],
      [1, 0],
    ],
  ])("transposes %j by %j", async (shape, perm) => {
    const x = normals(1, shape);
    const dy = normals(
      2,
      perm.map((axis) => shape[axis]!),
    );
    await expectOp(device, (t) => transpose(t, perm), [x], dy, oracle.transpose(x, perm, dy));
  });

  it.each<[Dims, Dims, Dims, Dims]>([
    [[65], [1], [64], [1]],
    [[7], [0], [7], [3]],
    [[5], [5], [5], [1]],
    [
      [4, 6],
      [1, 0],
      [3, 5],
      [1, 2],
    ],
    [
      [2, 3, 4, 5],
      [0, 1, 0, 4],
      [2, 3, 4, 5],
      [1, 1, 3, 1],
    ],
  ])("slices %j from %j to %j by %j", async (shape, begin, end, step) => {
    const x = normals(3, shape);
    const out = end.map((e, axis) => Math.ceil((e - begin[axis]!) / step[axis]!));
    const dy = normals(4, out);
    await expectOp(device, (t) => slice(t, begin, end, step), [x], dy, oracle.slice(x, begin, out, step, dy));
  });

  it.each<[Dims, Dims]>([
    [[], [3]],
    [[1], [65]],
    [
      [3, 1],
      [3, 4],
    ],
    [
      [3, 1, 5],
      [2, 3, 4, 5],
    ],
    [[300, 1].slice(1), [300, 1]],
    [
      [2, 3],
      [2, 3],
    ],
    [
      [1, 3],
      [0, 3],
    ],
  ])("broadcasts %j to %j", async (shape, to) => {
    const x = normals(5, shape);
    const dy = normals(6, to);
    await expectOp(device, (t) => broadcastTo(t, to), [x], dy, oracle.broadcastTo(x, to, dy));
  });

  it("broadcasts a uniform tensor without reading it", async () => {
    expect(Array.from(await broadcastTo(full(device, [1], 2.5), [2, 2]).read())).toEqual([2.5, 2.5, 2.5, 2.5]);
  });

  it("concatenates along any axis, and slices the gradient", async () => {
    const [a, b] = [tensor(device, count(6), [2, 3]), tensor(device, [10, 20], [2, 1])];
    const y = concat([a, b, a], 1);
    expect(y.shape).toEqual([2, 7]);
    expect(Array.from(await y.read())).toEqual([0, 1, 2, 10, 0, 1, 2, 3, 4, 5, 20, 3, 4, 5]);
    const gradients = grad(y, [a, b], { cotangent: tensor(device, count(14), [2, 7]) });
    expect(await Promise.all(gradients.map(async (g) => Array.from(await g.read())))).toEqual([
      [4, 6, 8, 18, 20, 22],
      [3, 10],
    ]);
    const rows = concat([a, tensor(device, [], [0, 3]), a], -2);
    expect(Array.from(await rows.read())).toEqual([0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5]);
  });

  it("adds to a gradient that is there already", async () => {
    const x = tensor(device, count(4), [2, 2]);
    const parts = [transpose(x), x, slice(x, [0, 0], [2, 2]), concat([x], 0)].map((t, i) => sum(mul(t, tensor(device, [i + 1, 0, 0, 10], [2, 2]))));
    const total = parts.reduce((a, b) => sum(concat([reshape(a, [1]), reshape(b, [1])], 0)));
    expect(Array.from(await grad(total, [x])[0]!.read())).toEqual([10, 0, 0, 40]);
    const sliced = sum(concat([slice(x, [0, 0], [1, 2]), slice(x, [0, 1], [1, 2])], 1));
    expect(Array.from(await grad(sliced, [x])[0]!.read())).toEqual([1, 2, 0, 0]);
  });

  it("adds the sums of repeated elements to a gradient that is there already", async () => {
    const x = tensor(device, [1, 2], [2, 1]);
    const weights = [tensor(device, count(6), [2, 3]), tensor(device, [1, 1, 1, 10, 10, 10], [2, 3])] as const;
    const twice = concat([mul(broadcastTo(x, [2, 3]), weights[0]), mul(broadcastTo(x, [2, 3]), weights[1])], 0);
    expect(Array.from(await grad(sum(twice), [x])[0]!.read())).toEqual([6, 42]);
    const condition = tensor(device, [1, 0, 1], [3], "u32");
    expect(Array.from(await grad(sum(mul(where(condition, x, x), weights[0])), [x])[0]!.read())).toEqual([3, 12]);
  });

  it("chooses between two tensors that broadcast, and lets NaN stay where it was not chosen", async () => {
    const condition = tensor(device, [0, 1, 7], [3], "u32");
    const a = tensor(device, [1, NaN, 3, 4, 5, 6], [2, 1, 3]);
    const b = tensor(device, [-1, -2], [2, 1]);
    const y = where(condition, a, b);
    expect(y.shape).toEqual([2, 2, 3]);
    expect(Array.from(await y.read())).toEqual([-1, NaN, 3, -2, NaN, 3, -1, 5, 6, -2, 5, 6]);
    const gradients = grad(y, [a, b], { cotangent: tensor(device, count(12), [2, 2, 3]) });
    expect(await Promise.all(gradients.map(async (g) => Array.from(await g.read())))).toEqual([
      [0, 5, 7, 0, 17, 19],
      [6, 12],
    ]);
    expect(Array.from(await where(condition, 1, tensor(device, [NaN, NaN, 5])).read())).toEqual([NaN, 1, 1]);
  });

  it("reshapes without copying, with one dimension inferred", async () => {
    const x = tensor(device, count(24), [2, 3, 4]);
    const y = reshape(x, [4, -1]);
    expect(y.shape).toEqual([4, 6]);
    expect(y.slice.block).toBe(x.slice.block);
    expect(Array.from(await grad(sum(mul(y, 2)), [x])[0]!.read())).toEqual(new Array(24).fill(2));
    expect(reshape(tensor(device, [], [0, 3]), [-1, 3]).shape).toEqual([0, 3]);
    expect(reshape(tensor(device, [1, 2], [2], "u32"), [1, 2]).dtype).toBe("u32");
  });
});

describe("moves", () => {
  const checks: readonly (readonly [string, (x: Tensor) => Tensor])[] = [
    ["reshape", (x) => reshape(x, [-1, 3])],
    ["transpose", (x) => transpose(x, [1, 2, 0])],
    ["slice", (x) => slice(x, [0, 1, 0], [2, 3, 4], [1, 1, 2])],
    ["concat", (x) => concat([x, slice(x, [0, 0, 0], [2, 1, 4])], 1)],
    ["broadcastTo", (x) => broadcastTo(slice(x, [0, 0, 0], [2, 1, 4]), [3, 2, 5, 4])],
    ["where", (x) => where(tensor(x.device, [1, 0, 0, 1], [4], "u32"), x, sum(x, [0]))],
  ];
  it.each(checks)("pass the gradient check: %s", async (_, f) => {
    await checkGradient(f, [normals(8, [2, 3, 4])]);
  });

  it("say what does not fit", () => {
    const device = new CpuDevice();
    const x = tensor(device, count(6), [2, 3]);
    const turned = transpose(x);
    const [pair, condition] = [tensor(device, [1, 2]), tensor(device, [1], [1], "u32")];
    const failures: readonly (readonly [() => unknown, string])[] = [
      [() => reshape(x, [4, 2]), "reshape: the number of values stays the same, got x of shape [2, 3] and new shape [4, 2]"],
      [() => reshape(x, [-1, 4]), "reshape: the number of values stays the same, got x of shape [2, 3] and new shape [-1, 4]"],
      [() => reshape(x, [-1, -1]), "reshape: dimensions are whole numbers of at least 0, got [-1]"],
      [() => reshape(x, [1, 1, 1, 2, 3]), "reshape: rank is at most 4, got [1, 1, 1, 2, 3] (reshape it first)"],
      [() => transpose(x, [0, 0]), "transpose: perm names each axis of [2, 3] once, got [0, 0]"],
      [() => transpose(x, [0]), "transpose: perm names each axis of [2, 3] once, got [0]"],
      [
        () => slice(x, [0, 0], [2, 4]),
        "slice: 0 ≤ begin ≤ end ≤ size and step ≥ 1 in every dimension, got begin [0, 0], end [2, 4] and step [1, 1] for x of shape [2, 3]",
      ],
      [() => slice(x, [0], [2]), "slice: 0 ≤ begin"],
      [() => slice(x, [0, 0], [2, 3], [1, 0]), "slice: 0 ≤ begin"],
      [() => concat([], 0), "concat: needs at least one tensor, got none"],
      [() => concat([x, turned], 0), "concat: shapes are equal except along axis 0, tensors[0] is [2, 3] and tensors[1] is [3, 2]"],
      [() => concat([x], 2), "concat: axis 2 is out of range for shape [2, 3] (it has rank 2)"],
      [() => broadcastTo(x, [2, 4]), "broadcastTo: shapes do not broadcast, a is [2, 3] and b is [2, 4] (dimensions must be equal or 1)"],
      [() => broadcastTo(x, [1, 3]), "broadcastTo: x of shape [2, 3] does not broadcast to [1, 3]"],
      [() => where(condition, x, pair), "where: shapes do not broadcast, a is [2, 3] and b is [2]"],
    ];
    const before = device.memory();
    for (const [f, message] of failures) expect(f).toThrow(message);
    for (const [f] of failures) expect(f).toThrow(RangeError);
    expect(() => where(x, x, x)).toThrow(new TypeError("where: condition is u32, got f32"));
    expect(device.memory()).toEqual(before);
  });
});
