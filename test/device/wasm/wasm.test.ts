/** What only the wasm device has: a heap that grows and fills up, SIMD kernels in place of specifications, and a device to turn to without it. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import { Heap } from "../../../src/device/wasm/heap.ts";
import { simdKernels } from "../../../src/device/wasm/kernels/index.ts";
import { WasmDevice } from "../../../src/device/wasm/wasm.ts";
import { accumulate, fill } from "../../../src/fill.ts";
import { type Kernel, word } from "../../../src/kernel.ts";
import { dense } from "../../../src/ops/dense.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { uniform } from "../../../src/ops/random_ops.ts";
import { key } from "../../../src/random.ts";
import { tensor } from "../../../src/tensor.ts";
import { allKernels } from "../../support/all_kernels.ts";
import { normals } from "../../support/conformance.ts";

const MIB = 2 ** 20;

describe("the heap", () => {
  it("joins what is given back, so that it can be taken whole again", () => {
    const heap = new Heap(65536);
    const all = heap.free;
    const pieces = [1000, 5000, 256, 20000].map((bytes) => heap.allocate(bytes));
    expect(new Set(pieces).size).toBe(4);
    expect(pieces.every((address) => address >= 256 && address % 256 === 0)).toBe(true);
    expect(heap.free).toBe(all - 1024 - 5120 - 256 - 20224);
    for (const i of [1, 3, 0, 2]) heap.release(pieces[i]!);
    expect(heap.free).toBe(all);
    expect(heap.allocate(all)).toBe(256);
    expect(() => heap.release(512)).toThrow("wasm: no piece of memory starts at 512");
  });

  it("takes the smallest piece that is large enough", () => {
    const heap = new Heap(65536);
    const [a, , c] = [heap.allocate(1024), heap.allocate(256), heap.allocate(512), heap.allocate(256)];
    heap.release(a);
    heap.release(c);
    expect([heap.allocate(300), heap.allocate(600)]).toEqual([c, a]);
  });

  it("grows up to its maximum, and then says what was asked for and what is free", () => {
    const heap = new Heap(2 * MIB);
    const first = heap.allocate(MIB);
    expect(heap.memory.buffer.byteLength).toBe(2 * MIB);
    expect(() => heap.allocate(MIB)).toThrow(
      new RangeError("wasm: the memory is full, got 1048576 bytes asked for, 1048064 free of 2097152 (free tensors)"),
    );
    heap.release(first);
    expect(heap.allocate(2 * MIB - 512)).toBe(256);
  });
});

describe("memory", () => {
  it("that is full is an error, and the device works on", async () => {
    const device = await openDevice("wasm", { maxMemory: MIB });
    const kept = tensor(device, [1, 2, 3]);
    expect(() => device.alloc("f32", MIB)).toThrow(/^wasm: the memory is full, got 4194304 bytes asked for, \d+ free of 1048576/);
    const large = device.alloc("f32", 150_000);
    device.free(large);
    device.free(device.alloc("f32", 200_000));
    expect([...(await kept.read())]).toEqual([1, 2, 3]);
    await device.close();
  });

  it("that kernels need for packing is part of it", async () => {
    const device = await openDevice("wasm", { maxMemory: MIB });
    const [a, b] = [uniform(device, [200, 200], key(1)), uniform(device, [200, 600], key(2))];
    expect(() => matmul(a, b)).toThrow(/^wasm: the memory is full/);
    b.dispose();
    expect((await matmul(a, tensor(device, new Float32Array(200).fill(0), [200, 1])).read()).length).toBe(200);
    await device.close();
  });

  it("may grow between two replays of a captured step, and all kernels see the same slices as before", async () => {
    const device = new WasmDevice();
    const total = tensor(device, new Float32Array(8));
    const bits = device.alloc("f32", 8);
    const own: Kernel<{ n: number }> = {
      ...accumulate,
      name: "own",
      cpu: ([x], [y], { n }) => Array.from({ length: n }, (_, i) => (y![i]! += 2 * x![i]!)),
    };
    const step = device.capture({ value: "f32" }, () => {
      device.run(fill, [], [bits], { n: 8, value: word("value") });
      device.run(own, [bits], [total.slice], { n: 8 });
      device.run(accumulate, [bits], [total.slice], { n: 8 });
    });
    step.replay([{ value: 1 }]);
    const more = Array.from({ length: 3 }, () => device.alloc("f32", 10 * MIB));
    step.replay([{ value: 10 }]);
    expect([...(await total.read())]).toEqual(Array(8).fill(33));
    expect((await device.read(more[2]!)).length).toBe(10 * MIB);
    await device.close();
  });

  it("does not grow from launch to launch", () => {
    const device = new WasmDevice();
    const [x, W, b] = [uniform(device, [64, 100], key(1)), uniform(device, [100, 50], key(2)), uniform(device, [50], key(3))];
    const step = device.capture({}, () => device.scope(() => void dense(x, W, b, { activation: "tanh" })));
    step.replay([{}]);
    const before = device.memory();
    step.replay(Array.from({ length: 200 }, () => ({})));
    for (let i = 0; i < 50; i++) device.scope(() => void dense(x, W, b, { activation: "tanh" }));
    const after = device.memory();
    expect([after.live, after.created - before.created]).toEqual([before.live, 1]);
  });

  it("has bounds that are checked", async () => {
    await expect(openDevice("wasm", { maxMemory: 1000 })).rejects.toThrow(
      new RangeError("openDevice: maxMemory is from 65536 bytes (64 KiB) to 4294967296 (4 GiB), got 1000"),
    );
    await expect(openDevice("wasm", { precision: "f64" })).rejects.toThrow('openDevice: "wasm" computes in f32, got precision "f64" (use "cpu")');
  });
});

describe("a SIMD kernel", () => {
  it("stands for a kernel that exists, with the same shader", async () => {
    const kernels = await allKernels();
    for (const [name, { shader }] of Object.entries(simdKernels)) {
      expect(kernels.get(name)?.kernel.wgsl.name, name).toBe(shader);
    }
  });

  it("does not stand for somebody else's kernel of the same name", async () => {
    const device = new WasmDevice();
    const wgsl = { ...fill.wgsl, source: "// another one" };
    const other: typeof fill = { ...fill, wgsl, cpu: (_, [y], { n, value }) => y!.fill(value + 1, 0, n) };
    const y = device.alloc("f32", 5);
    device.run(other, [], [y], { n: 5, value: 2 });
    expect([...(await device.read(y))]).toEqual([3, 3, 3, 3, 3]);
    await device.close();
  });

  it.each([
    [1, 1, 1],
    [3, 5, 7],
    [4, 8, 4],
    [65, 66, 63],
    [8, 24, 130],
    [200, 17, 1000],
  ])("of matmul adds up the products of %i×%i×%i one by one, in order, in f32", async (M, N, K) => {
    const device = new WasmDevice();
    const [a, b] = [normals(1, [M, K]), normals(2, [K, N])];
    const want = new Float32Array(M * N);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum = Math.fround(sum + Math.fround(a.data[m * K + k]! * b.data[k * N + n]!));
        want[m * N + n] = sum;
      }
    }
    const flipped = (x: typeof a, rows: number, columns: number): Float32Array =>
      Float32Array.from({ length: rows * columns }, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)]!);
    const [A, B] = [tensor(device, Float32Array.from(a.data), [M, K]), tensor(device, Float32Array.from(b.data), [K, N])];
    const [At, Bt] = [tensor(device, flipped(a, M, K), [K, M]), tensor(device, flipped(b, K, N), [N, K])];
    expect(await matmul(A, B).read()).toEqual(want);
    expect(await matmul(At, B, { transposeA: true }).read()).toEqual(want);
    expect(await matmul(A, Bt, { transposeB: true }).read()).toEqual(want);
    await device.close();
  });

  it("of relu passes NaN on, and every kernel leaves what lies behind its slice alone", async () => {
    const device = new WasmDevice();
    const x = tensor(device, [NaN, 1, -1, 2, NaN, -2], [3, 2]);
    const y = dense(x, tensor(device, [1, 0, 0, 1], [2, 2]), tensor(device, [0, 0]), { activation: "relu" });
    expect([...(await y.read())]).toEqual([NaN, NaN, 0, 2, NaN, NaN]);
    const block = tensor(device, new Float32Array(64).fill(7));
    for (const [at, n] of [
      [1, 1],
      [4, 2],
      [8, 3],
      [13, 5],
      [32, 30],
    ] as const)
      device.run(fill, [], [block.slice.view(at, n)], { n, value: n });
    const want = Array.from({ length: 64 }, (_, i) =>
      i === 1 ? 1 : i >> 1 === 2 ? 2 : i > 7 && i < 11 ? 3 : i > 12 && i < 18 ? 5 : i > 31 && i < 62 ? 30 : 7,
    );
    expect([...(await block.read())]).toEqual(want);
    await device.close();
  });
});

describe("without WebAssembly", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  const { Memory, Instance } = WebAssembly;
  const refused = class {
    constructor() {
      throw new WebAssembly.CompileError("refused by a policy");
    }
  };

  it.each([
    ["is missing", undefined, /there is no WebAssembly/],
    ["may not compile", { Memory, Instance, Module: refused, CompileError: Error }, /refused by a policy/],
  ])("that %s, opening it by name is an error that says why, and opening any device gives the cpu with a note", async (_, stub, why) => {
    vi.resetModules();
    vi.stubGlobal("WebAssembly", stub);
    const fresh = await import("../../../src/device/open.ts");
    await expect(fresh.openDevice("wasm")).rejects.toThrow(why);
    await expect(fresh.openDevice("wasm")).rejects.toThrow(/^openDevice: wasm cannot be used here: .* \(use "cpu"; /);
    const device = await fresh.openDevice();
    // a GPU that is hardware comes before both
    if (device.name === "cpu") expect(device.info.note).toMatch(/^the cpu device: wasm cannot be used here: /);
    else expect([device.name, device.info.software]).toEqual(["webgpu", false]);
    await device.close();
  });
});
