import { describe, expect, it } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { stopGradient } from "../../src/autodiff.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import * as oracle from "../../src/lab/oracle/tensors.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { tensor } from "../../src/tensor.ts";
import { checkGradient, expectOp, expectValues, normals, onEachDevice } from "../support/conformance.ts";

const sizes: readonly (readonly [M: number, K: number, N: number])[] = [
  [1, 1, 1],
  [3, 4, 5],
  [63, 13, 65],
  [64, 64, 64],
  [65, 127, 3],
  [0, 4, 5],
  [3, 0, 5],
  [3, 4, 0],
];

const flags = [
  { transposeA: false, transposeB: false },
  { transposeA: true, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: true },
];

await onEachDevice((device) => {
  for (const options of flags) {
    it.each(sizes)(`multiplies [%i, %i] by […, %i] with ${JSON.stringify(options)}`, async (M, K, N) => {
      const { transposeA, transposeB } = options;
      const a = normals(1, transposeA ? [K, M] : [M, K]);
      const b = normals(2, transposeB ? [N, K] : [K, N]);
      const dy = normals(3, [M, N]);
      const y = oracle.matmul(a, b, transposeA, transposeB);
      const gradients = oracle.matmulGradients(a, b, dy, transposeA, transposeB);
      await expectOp(device, (s, t) => matmul(s, t, options), [a, b], dy, { y, gradients });
    });
  }

  it("adds both gradients up where a tensor is multiplied by itself", async () => {
    const a = normals(4, [7, 7]);
    const x = tensor(device, Float64Array.from(a.data), a.shape);
    const dy = normals(5, [7, 7]);
    const [dx] = grad(matmul(x, x), [x], { cotangent: tensor(device, Float64Array.from(dy.data), dy.shape) });
    const [left, right] = oracle.matmulGradients(a, a, dy) as [oracle.Result["y"], oracle.Result["y"]];
    const both = Float64Array.from(left.data, (value, i) => value + right.data[i]!);
    await expectValues("gradient", dx!, { shape: [7, 7], data: both, tolerance: left.tolerance.map((t, i) => t + right.tolerance[i]!) });
  });

  it.skipIf(device.name === "cpu")("reaches more workgroups than one dimension of a dispatch holds", async () => {
    const M = 4 * 65536 * 64 + 1;
    const column = tensor(
      device,
      Float32Array.from({ length: M }, (_, m) => m % 251),
      [M, 1],
    );
    const product = matmul(stopGradient(column), stopGradient(tensor(device, [2], [1, 1])));
    const values = await product.read();
    const at = [0, 1, 65535 * 256, 65536 * 256 - 1, M - 1];
    expect(at.map((m) => values[m])).toEqual(at.map((m) => 2 * (m % 251)));
    product.dispose();
    column.dispose();
  });

  it("gives zeros for a product over no terms", async () => {
    const y = matmul(tensor(device, [], [2, 0]), tensor(device, [], [0, 3]));
    expect(Array.from(await y.read())).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Array.from(await sum(y).read())).toEqual([0]);
  });
});

describe("matmul", () => {
  it.each(flags)("passes the gradient check with %j", async (options) => {
    const a = normals(6, options.transposeA ? [4, 5] : [5, 4]);
    const b = normals(7, options.transposeB ? [3, 4] : [4, 3]);
    await checkGradient((s, t) => matmul(s, t, options), [a, b]);
  });

  it("says which shapes do not fit, and what would", () => {
    const device = new CpuDevice();
    const [a, b] = [tensor(device, new Float32Array(6), [2, 3]), tensor(device, new Float32Array(12), [4, 3])];
    expect(() => matmul(a, b)).toThrow(
      new RangeError("matmul: inner dimensions differ, a is [2, 3] and b is [4, 3] (transpose b with { transposeB: true })"),
    );
    expect(() => matmul(b, a, { transposeB: true, transposeA: true })).toThrow(
      new RangeError("matmul: inner dimensions differ, a is [4, 3] transposed and b is [2, 3] transposed (transpose a with { transposeA: false })"),
    );
    expect(() => matmul(a, tensor(device, new Float32Array(20), [4, 5]))).toThrow(
      new RangeError("matmul: inner dimensions differ, a is [2, 3] and b is [4, 5]"),
    );
    expect(() => matmul(a, tensor(device, [1, 2, 3]))).toThrow("matmul: operands have rank 2, a is [2, 3] and b is [3] (reshape them)");
    expect(() => matmul(a, tensor(device, [1, 2, 3], [3, 1], "u32"))).toThrow(new TypeError("matmul: b is f32, got u32"));
    expect(() => matmul(a, tensor(new CpuDevice(), [1, 2, 3], [3, 1]))).toThrow("matmul: tensors are on different devices (cpu and cpu)");
  });
});
