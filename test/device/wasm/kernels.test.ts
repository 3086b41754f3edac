/** SIMD kernels against the specifications that they stand for, where sizes or modes take another way than small tensors do. */
import { describe, expect, it, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { batchOf, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { Engine } from "../../../src/device/wasm/engine.ts";
import { Heap } from "../../../src/device/wasm/heap.ts";
import type { Kernel, TypedArray } from "../../../src/kernel.ts";
import { type Activation, activations } from "../../../src/ops/activation.ts";
import { dense, denseKernel, denseLayers } from "../../../src/ops/dense.ts";
import { denseGradInputKernel, denseGradKernel, denseGradWeightKernel } from "../../../src/ops/dense_grad.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../../src/ops/dense_nll.ts";
import { heads } from "../../../src/ops/heads.ts";
import { matmulKernel } from "../../../src/ops/matmul.ts";
import { sum } from "../../../src/ops/reduce.ts";
import { key } from "../../../src/random.ts";
import { type Tensor, tensor } from "../../../src/tensor.ts";
import { normals } from "../../support/conformance.ts";

const [cpu, wasm] = [await openDevice("cpu"), await openDevice("wasm")];

/** f32 rounding of sums over K terms, of numbers up to the largest one wanted. */
function expectNear(what: string, got: TypedArray, want: TypedArray, K: number): void {
  const scale = Array.from(want).reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const miss = got.findIndex((g, i) => !(Math.abs(g - want[i]!) <= (K + 64) * 2 ** -23 * scale));
  expect(miss < 0 ? "" : `${what}[${miss}]: got ${got[miss]}, want ${want[miss]}`).toBe("");
}

/** Runs f on both devices; what it returns agrees. */
async function expectBoth(K: number, f: (device: Device) => Tensor[]): Promise<void> {
  const [want, got] = [f(cpu), f(wasm)];
  for (const [i, t] of got.entries()) expectNear(`result ${i}`, await t.read(), await want[i]!.read(), K);
}

const make = (device: Device, seed: number, shape: readonly number[], scale = 1): Tensor =>
  tensor(device, Float32Array.from(normals(seed, shape, scale).data), shape);

describe("kernels that take several blocks of rows", () => {
  const [B, D, H] = [150, 801, 30];
  const bytes = Uint8Array.from({ length: 200 * D }, (_, i) => (i * 37) % 256);
  const order = Uint32Array.from({ length: 200 }, (_, i) => (i * 7) % 200);
  const batch = (device: Device): ReturnType<typeof batchOf> =>
    batchOf(dataset(device, bytes, { columns: D, scale: 1 / 255 }), B, 5, tensor(device, order, [200], "u32").slice);

  it("dense and its gradients, on gathered bytes", async () => {
    await expectBoth(D, (device) => {
      const [W, b] = [make(device, 1, [D, H], 0.1), make(device, 2, [H])];
      const y = dense(batch(device), W, b, { activation: "silu" });
      return [y, ...grad(sum(y), [W, b])];
    });
  });

  it.each([1, 3])("both losses, with %i samples of each row, and their gradients", async (S) => {
    await expectBoth(D * S, (device) => {
      const [h, W, b, logVar] = [make(device, 3, [S * B, H]), make(device, 4, [H, D], 0.1), make(device, 5, [D]), make(device, 6, [D], 0.3)];
      const losses = [denseBernoulliNll(h, W, b, batch(device)), denseGaussianNll(h, W, b, logVar, batch(device))];
      return [...losses, ...losses.flatMap((nll) => grad(sum(nll), [h, W, b]))];
    });
  });

  it("heads with several samples, from a key", async () => {
    await expectBoth(D, (device) => {
      const [h, W, b] = [make(device, 7, [B, D]), make(device, 8, [D, 14], 0.02), make(device, 9, [14], 0.1)];
      const { z, kl } = heads(h, W, b, key(5), { samples: 3 });
      return [z, kl, ...grad(sum(z), [h, W, b])];
    });
  });
});

describe("kernels that add to what is there do so where their tiles are whole", () => {
  const [M, N, K] = [8, 16, 12];
  const sizes = { M, N, K };
  const both = { ...sizes, a: 0, row: 0.5 };
  const cases: readonly (readonly [Kernel, readonly (number | null)[], readonly number[], Record<string, number>])[] = [
    [matmulKernel, [M * K, K * N], [M * N], { ...sizes, a_m: K, a_k: 1, b_k: N, b_n: 1, accumulate: 1 }],
    [denseLayers.relu.gradInput, [M * N, M * N, null, K * N], [M * K], { ...both, accumulate: 1 }],
    [
      denseLayers.relu.gradWeight,
      [M * K, null, M * N, M * N, null],
      [K * N, N],
      { ...both, offset: 0, scale: 1, shift: 0, weight_mode: 1, bias_mode: 1 },
    ],
  ];

  it.each(cases.map((c) => [c[0].name, c] as const))("%s", async (_, [kernel, inputs, outputs, params]) => {
    const run = async (device: Device): Promise<TypedArray[]> => {
      const ins = inputs.map((n, i) => (n === null ? null : make(device, 20 + i, [n]).slice));
      const outs = outputs.map((n, i) => make(device, 30 + i, [n]).slice);
      device.run(kernel, ins, outs, params);
      return Promise.all(outs.map((out) => device.read(out)));
    };
    const [want, got] = [await run(cpu), await run(wasm)];
    got.forEach((values, i) => expectNear(`output ${i}`, values, want[i]!, N));
  });
});

describe("dense kernels of an activation without a SIMD form run their loops, to the cpu device's bits", () => {
  const [M, N, K] = [5, 7, 6];
  const cube: Activation = {
    f: "cube" as "relu",
    unary: { ...activations.silu, name: "cube", f: (x, a) => a * x ** 3, df: (x, _, a) => 3 * a * x * x },
    a: 0.5,
  };
  const sizes = { M, N, K, a: cube.a };
  const weight = { ...sizes, row: 1, offset: 0, scale: 1, shift: 0, weight_mode: 0, bias_mode: 1 };
  const cases: readonly (readonly [Kernel, readonly (number | null)[], readonly number[], Record<string, number>])[] = [
    [denseKernel(cube), [M * K, null, K * N, N], [M * N, M * N], { ...sizes, offset: 0, scale: 1, shift: 0 }],
    [denseGradInputKernel(cube), [M * N, M * N, null, K * N], [M * K], { ...sizes, row: 1, accumulate: 1 }],
    [denseGradWeightKernel(cube), [M * K, null, M * N, M * N, null], [K * N, N], weight],
    [denseGradKernel(cube), [M * K, M * N, M * N, null, K * N], [M * K, K * N, N], { ...weight, accumulate: 0 }],
  ];

  it.each(cases.map((c) => [c[0].name, c] as const))("%s", async (_, [kernel, inputs, outputs, params]) => {
    const run = (device: Device): Promise<TypedArray[]> => {
      const ins = inputs.map((n, i) => (n === null ? null : make(device, 40 + i, [n]).slice));
      const outs = outputs.map((n, i) => make(device, 50 + i, [n]).slice);
      device.run(kernel, ins, outs, params, "KEEP" in kernel.constants! ? { KEEP: true } : {});
      return Promise.all(outs.map((out) => device.read(out)));
    };
    expect(await run(wasm)).toEqual(await run(cpu));
  });
});

test("scratch memory that is too small is given back before more is taken, and products leave their operands alone", () => {
  const engine = new Engine(new Heap(65536));
  const all = engine.heap.free;
  const operand = engine.scratch(256, "operand");
  engine.scratch(1000);
  engine.scratch(5000);
  expect(engine.scratch(2000)).toBe(engine.scratch(4000));
  expect(engine.scratch(256, "operand")).toBe(operand);
  expect(engine.heap.free).toBe(all - 5120 - 256);
  engine.trim();
  expect(engine.heap.free).toBe(all);
});
