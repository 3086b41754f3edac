import { describe, expect, it } from "vitest";
import { grad, stopGradient } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import * as oracle from "../../src/lab/oracle/tensors.ts";
import type { Values } from "../../src/lab/oracle/terms.ts";
import { mul } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/mean.ts";
import { uniform } from "../../src/ops/random_ops.ts";
import { max, sum } from "../../src/ops/reduce.ts";
import { key } from "../../src/random.ts";
import { reducedShape } from "../../src/shape.ts";
import { tensor, type Tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, expectValues, normals, onEachDevice } from "../support/conformance.ts";

const cases: readonly (readonly [shape: readonly number[], axes: readonly number[]])[] = [
  [[], []],
  [[1], [0]],
  [[63], [0]],
  [[64], [0]],
  [[65], [0]],
  [[255], [0]],
  [[256], [0]],
  [[4097], [0]],
  [
    [2, 3, 4, 5],
    [0, 1, 2, 3],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [[2, 3, 4, 5], [0]],
  [[2, 3, 4, 5], []],
  [[5, 257], [1]],
  [[257, 5], [0]],
  [[3, 8193], [1]],
  [
    [17, 3, 16],
    [0, 2],
  ],
  [[0, 3], [1]],
];

const input = (device: Device, x: Values): Tensor => tensor(device, Float64Array.from(x.data), x.shape);

await onEachDevice((device) => {
  for (const [shape, axes] of cases) {
    for (const keepDims of [false, true]) {
      it(`sums [${shape.join(", ")}] over [${axes.join(", ")}]${keepDims ? ", keeping dimensions" : ""}`, async () => {
        const x = normals(1, shape);
        const out = reducedShape(shape, axes, keepDims);
        const dy = normals(2, out);
        const y = { ...oracle.sum(x, axes), shape: out };
        const spread = oracle.broadcastTo({ shape: reducedShape(shape, axes, true), data: dy.data }, shape).y;
        await expectOp(device, (t) => sum(t, axes, keepDims), [x], dy, { y, gradients: [spread] });
      });
    }
  }

  it("sums nothing to 0", async () => {
    const y = sum(tensor(device, [], [2, 0]), [1]);
    expect(Array.from(await y.read())).toEqual([0, 0]);
    expect(Array.from(await sum(tensor(device, [], [0, 2])).read())).toEqual([0]);
  });

  it("sums 300,007 numbers to a relative error far below one ulp for each", async () => {
    const x = uniform(device, [300_007], key(5));
    const values = await x.read();
    let exact = 0;
    for (const value of values) exact += value;
    // Chunks of 4096 in at most 64 lanes of 64 numbers, then at most 256 partial sums: no number passes through more than 330 roundings.
    expect(Math.abs((await sum(x).read())[0]! - exact)).toBeLessThanOrEqual(330 * 2 ** -24 * exact);
  });

  it("reduces into more outputs than one dimension of a dispatch has workgroups for", async () => {
    const n = 64 * 65535 + 100;
    const x = stopGradient(
      tensor(
        device,
        Float32Array.from({ length: n }, (_, i) => i % 1009),
        [n, 1],
      ),
    );
    const y = await sum(x, [1]).read();
    expect(y.findIndex((value, i) => value !== i % 1009)).toBe(-1);
    x.dispose();
  });

  it.each([
    [[5, 257], [1]],
    [[257, 5], [0]],
    [
      [2, 3, 4, 5],
      [1, 3],
    ],
    [[4097], [0]],
    [[7], []],
  ])("takes the maximum of %j over %j and gives it the gradient", async (shape, axes) => {
    const x = normals(3, shape);
    const kept = reducedShape(shape, axes, true);
    const at = oracle.broadcastTo({ shape: kept, data: Float64Array.from({ length: kept.reduce((m, n) => m * n, 1) }, (_, i) => i) }, shape).y.data;
    const largest = new Map<number, number>();
    for (let i = 0; i < x.data.length; i++) {
      const best = largest.get(at[i]!);
      if (best === undefined || x.data[i]! > x.data[best]!) largest.set(at[i]!, i);
    }
    const dy = normals(4, kept);
    const y = dy.data.length === 0 ? [] : Array.from({ length: dy.data.length }, (_, o) => x.data[largest.get(o)!]!);
    const gradient = new Float64Array(x.data.length);
    largest.forEach((i, o) => (gradient[i] = dy.data[o]!));
    const exact = (of: Values): { tolerance: Float64Array } & Values => ({ ...of, tolerance: new Float64Array(of.data.length) });
    const want = { y: exact({ shape: kept, data: y }), gradients: [exact({ shape, data: gradient })] };
    await expectOp(device, (t) => max(t, axes, true), [x], dy, want);
  });

  it("shares the gradient of a maximum equally among its ties", async () => {
    const x = tensor(device, [1, 5, 5, 2, 2, 2, -1, 5, 0, -0, 0, 0], [3, 4]);
    const [dx] = grad(max(x, [1]), [x], { cotangent: tensor(device, [1, 3, 8]) });
    expect(Array.from(await dx!.read())).toEqual([0, 0.5, 0.5, 0, 0, 0, 0, 3, 2, 2, 2, 2]);
    const long = tensor(
      device,
      Float32Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 7 : -i)),
    );
    const [spread] = grad(max(long), [long]);
    expect(Array.from(await spread!.read())).toEqual(Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? Math.fround(1 / 100) : 0)));
  });

  it("adds to a gradient that is there already", async () => {
    const x = tensor(device, [1, 5, 3, 2], [2, 2]);
    const y = sum(mul(mul(sum(x, [0]), max(x, [0])), tensor(device, [1, 100])));
    // Column sums [4, 7] and maxima [3, 5]: each element gets its column's maximum, and the largest one the column's sum.
    expect(Array.from(await grad(y, [x])[0]!.read())).toEqual([3, 1200, 7, 500]);
  });

  it("lets NaN through a maximum, wherever it stands, and infinities win", async () => {
    for (const n of [3, 300, 5000]) {
      for (const at of [0, 1, n - 1]) {
        const x = Float32Array.from({ length: n }, (_, i) => (i === at ? NaN : Infinity));
        expect(await max(tensor(device, x)).read()).toEqual(Float32Array.of(NaN));
        expect(
          await max(
            tensor(
              device,
              x.map((v) => (Number.isNaN(v) ? 2 : -Infinity)),
            ),
          ).read(),
        ).toEqual(Float32Array.of(2));
      }
      expect(await max(tensor(device, new Float32Array(n).fill(-Infinity))).read()).toEqual(Float32Array.of(-Infinity));
    }
  });

  it("passes NaN on to the gradients of all that a maximum was taken of", async () => {
    for (const n of [3, 300]) {
      const x = tensor(
        device,
        Float64Array.from({ length: 2 * n }, (_, i) => (i === 1 ? NaN : i % n)),
        [2, n],
      );
      for (const dy of [1, 0]) {
        const dx = await grad(max(x, [1]), [x], { cotangent: tensor(device, [dy, 2]) })[0]!.read();
        expect(dx).toEqual(Float32Array.from({ length: 2 * n }, (_, i) => (i < n ? NaN : i === 2 * n - 1 ? 2 : 0)));
      }
    }
  });

  it("lets NaN and infinities through a sum", async () => {
    const y = sum(tensor(device, [NaN, 1, Infinity, 1, Infinity, -Infinity], [3, 2]), [1]);
    expect(await y.read()).toEqual(Float32Array.of(NaN, Infinity, NaN));
  });

  it("averages", async () => {
    const x = normals(6, [4, 300]);
    const want = oracle.sum(x, [1]);
    const y = { shape: [4], data: Array.from(want.data, (v) => v / 300), tolerance: want.tolerance.map((t) => t / 300) };
    await expectValues("mean", mean(input(device, x), [1]), y);
    expect(await mean(tensor(device, [], [0])).read()).toEqual(Float32Array.of(NaN));
  });
});

describe("reductions", () => {
  it.each([undefined, [0], [1, 2], [-1]])("pass the gradient check over axes %j", async (axes) => {
    const x = normals(7, [3, 4, 5]);
    await checkGradient((t) => sum(t, axes), [x]);
    await checkGradient((t) => max(t, axes), [x]);
    await checkGradient((t) => mean(t, axes, true), [x]);
  });

  it("refuse axes that do not exist, and a maximum of nothing", () => {
    const device = new CpuDevice();
    const x = tensor(device, new Float32Array(6), [2, 3]);
    expect(() => sum(x, [2])).toThrow("sum: axis 2 is out of range for shape [2, 3] (it has rank 2)");
    expect(() => mean(x, [2])).toThrow(RangeError);
    expect(() => max(x, [0, 0])).toThrow("max: axes repeat, got [0, 0] for shape [2, 3]");
    expect(() => max(tensor(device, [], [2, 0]), [1])).toThrow("max: nothing to take the maximum of, got x of shape [2, 0] over axes [1]");
    expect(() => max(tensor(device, [], [2, 0]), [0])).not.toThrow();
    expect(() => sum(tensor(device, [1], [1], "u32"))).toThrow(new TypeError("sum: x is f32, got u32"));
  });
});
