import { describe, expect, test } from "vitest";
import { DeviceLostError } from "../../src/device/device.ts";
import { openDevice, type OpenOptions } from "../../src/device/open.ts";
import { Pool, sizeClass } from "../../src/device/pool.ts";
import { accumulate, fill } from "../../src/fill.ts";
import { tensor } from "../../src/tensor.ts";
import { devices, onEachDevice } from "../support/conformance.ts";

await onEachDevice((device) => {
  test("bytes, words and floats come back as they went in, whatever the length", async () => {
    for (const length of [0, 1, 3, 63, 64, 65, 1009]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 256);
      for (const [dtype, data] of [
        ["u8", bytes],
        ["u32", Uint32Array.from(bytes, (v) => v * 16777259)],
        ["f32", Float32Array.from(bytes, (v) => v / 3)],
      ] as const) {
        const slice = device.alloc(dtype, length);
        device.write(slice, data);
        expect(await device.read(slice)).toEqual(data);
        device.free(slice);
      }
    }
  });

  test("more than 65,535 workgroups are folded into two dimensions", async () => {
    const n = 256 * 65_536 + 3;
    const slice = device.alloc("f32", n);
    device.run(fill, [], [slice], { n, value: 2.5 });
    const values = await device.read(slice);
    expect([values[0], values[n - 1], values.every((v) => v === 2.5)]).toEqual([2.5, 2.5, true]);
    device.free(slice);
    device.trim();
  });

  test("a grid of zero workgroups runs nothing", async () => {
    const slice = device.alloc("f32", 0);
    device.run(fill, [], [slice], { n: 0, value: 1 });
    expect((await device.read(slice)).length).toBe(0);
  });

  test("memory comes back to the pool, and from there is used again", () => {
    device.trim();
    const before = device.memory();
    device.free(device.alloc("f32", 1000));
    const between = device.memory();
    expect(between).toMatchObject({ live: before.live, liveBytes: before.liveBytes, pooled: 1, created: before.created + 1 });
    device.free(device.alloc("u32", 1000));
    expect(device.memory()).toEqual(between);
    device.trim();
    expect(device.memory()).toMatchObject({ pooled: 0, pooledBytes: 0 });
  });

  test("a write after launches that were not submitted does not overtake them", async () => {
    const [a, b] = [tensor(device, [1, 1]), tensor(device, [0, 0])];
    device.run(accumulate, [a.slice], [b.slice], { n: 2 });
    device.write(a.slice, new Float32Array([5, 5]));
    device.run(accumulate, [a.slice], [b.slice], { n: 2 });
    expect([...(await b.read())]).toEqual([6, 6]);
  });

  test("wrong launches are refused before they reach a driver", async () => {
    const t = tensor(device, [1, 2]);
    const words = tensor(device, [1, 2], [2], "u32");
    expect(() => device.run(accumulate, [t.slice], [t.slice], { n: 2 })).toThrow("accumulate: one block is both read and written");
    expect(() => device.run(accumulate, [], [t.slice], { n: 2 })).toThrow("accumulate: takes 1 inputs, got 0");
    expect(() => device.run(accumulate, [words.slice], [t.slice], { n: 2 })).toThrow("accumulate: input 0 is f32, got u32");
    expect(() => device.run(accumulate, [null], [t.slice], { n: 2 })).toThrow("accumulate: input 0 is missing");
    expect(() => device.run(fill, [], [t.slice], { n: 2 } as unknown as { n: number; value: number })).toThrow("fill: parameter value is missing");
    expect(() => device.write(t.slice, new Float32Array(3))).toThrow("write: the slice holds 2 values, got 3");
    expect(() => device.copy(t.slice, words.slice)).toThrow("copy: slices differ, from is f32 of 2 and to is u32 of 2");
    expect(() => device.alloc("f32", -1)).toThrow("alloc: length is a whole number of at least 0, got -1");
    const other = await openDevice("cpu");
    await expect(other.read(t.slice)).rejects.toThrow("read: the slice belongs to another device");
    t.dispose();
    expect(() => device.run(fill, [], [t.slice], { n: 2, value: 0 })).toThrow("fill: output 0: a slice of 2 f32 was disposed");
  });
});

describe("after close()", () => {
  test("every call says so, on every device", async () => {
    for (const device of await devices()) {
      const t = tensor(device, [1, 2]);
      await device.close();
      await expect(device.lost).resolves.toBeInstanceOf(DeviceLostError);
      expect(() => tensor(device, [1])).toThrow(`${device.name}: the device was closed`);
      await expect(device.read(t.slice)).rejects.toThrow(DeviceLostError);
      expect(() => device.capture({}, () => undefined)).toThrow(DeviceLostError);
      await expect(t.read()).rejects.toThrow("read: the tensor was lost with its device");
      await device.close();
    }
  });
});

test("openDevice names the devices that there are", async () => {
  await expect(openDevice("gpu" as "cpu")).rejects.toThrow('openDevice: the devices are "auto", "cpu", "wasm" and "webgpu", got "gpu"');
  const device = await openDevice();
  expect(device.info.software && device.name !== "cpu").toBe(false);
  await device.close();
});

describe("openDevice refuses", () => {
  const cases: [options: unknown, message: string][] = [
    [{ precision: "f16" }, 'openDevice: precision is "f32" or "f64", got "f16" (f16 is for the weights of vae.decoder)'],
    [{ precision: 64 }, 'openDevice: precision is "f32" or "f64", got 64 ('],
    [{ threads: "2" }, 'openDevice: threads is a whole number from 1 to 64, got "2"'],
    [{ maxMemory: "1e9" }, 'openDevice: maxMemory is from 65536 bytes (64 KiB) to 4294967296 (4 GiB), got "1e9"'],
    [{ relaxed: "no" }, 'openDevice: relaxed is true or false, got "no"'],
    [{ clock: 1 }, "openDevice: clock is true or false, got 1"],
    [{ core: "fast" }, 'openDevice: core is quad, registers, workgroup or your own, got "fast"'],
    [{ core: null }, "openDevice: core is quad, registers, workgroup or your own, got null"],
    [{ replace: "matmul" }, 'openDevice: replace is { name: kernel, … }, got "matmul"'],
    [{ replace: { matmul: () => 0 } }, "openDevice: what replaces matmul is a kernel, got function (see defineKernel)"],
    [
      { precison: "f64" },
      'openDevice: the options are { precision, threads, maxMemory, relaxed, clock, core, replace }, got "precison" (did you mean precision?)',
    ],
    [null, "openDevice: the options are { precision, threads, maxMemory, relaxed, clock, core, replace }, got null"],
    ["f64", 'openDevice: the options are { precision, threads, maxMemory, relaxed, clock, core, replace }, got "f64"'],
  ];
  test.each(cases)("%j, whatever the device", async (options, message) => {
    for (const name of ["auto", "cpu", "wasm", "webgpu"] as const) await expect(openDevice(name, options as OpenOptions)).rejects.toThrow(message);
  });

  test.each(["wasm", "webgpu"] as const)("f64 on %s, which computes in f32", async (name) => {
    await expect(openDevice(name, { precision: "f64" })).rejects.toThrow(`openDevice: "${name}" computes in f32, got precision "f64" (use "cpu")`);
  });
});

test("the pool keeps size classes that waste at most a quarter, up to its cap", () => {
  for (let bytes = 1; bytes < 1e7; bytes = Math.ceil(bytes * 1.31)) {
    expect(sizeClass(bytes)).toBeGreaterThanOrEqual(bytes);
    if (bytes > 1024) expect(sizeClass(bytes) / bytes).toBeLessThanOrEqual(1.25);
    expect(sizeClass(sizeClass(bytes))).toBe(sizeClass(bytes));
  }
  const destroyed: number[] = [];
  const pool = new Pool<number>({ create: (bytes) => bytes, destroy: (memory) => destroyed.push(memory) }, 1000);
  pool.give(512, 512);
  pool.give(512, 513);
  expect([pool.pooledBytes, destroyed]).toEqual([512, [513]]);
  expect([pool.take(512), pool.take(512), pool.created]).toEqual([512, 512, 1]);
});
