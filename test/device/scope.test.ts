import { beforeEach, describe, expect, it } from "vitest";
import { CpuDevice } from "../../src/device/cpu.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { reshape } from "../../src/ops/shape_ops.ts";
import { tensor } from "../../src/tensor.ts";

let device: CpuDevice;
beforeEach(() => {
  device = new CpuDevice();
});

describe("scope", () => {
  it("frees what was made inside and not returned", () => {
    const kept = device.scope(() => {
      tensor(device, [1, 2, 3]);
      return tensor(device, [4, 5]);
    });
    expect(kept.freed).toBeUndefined();
    expect(device.memory()).toMatchObject({ live: 1, liveBytes: 8 });
    kept.dispose();
    expect(device.memory()).toMatchObject({ live: 0, liveBytes: 0 });
  });

  it("keeps what is reachable through arrays, plain objects and aliases", async () => {
    const [{ a }, b] = device.scope(() => {
      const x = tensor(device, [1, 2, 3, 4]);
      return [{ a: x }, reshape(tensor(device, [5, 6]), [2, 1])] as const;
    });
    expect(Array.from(await a.read())).toEqual([1, 2, 3, 4]);
    expect(Array.from(await b.read())).toEqual([5, 6]);
    expect(device.memory().live).toBe(2);
  });

  it("does not follow the graph: what only a gradient would need is freed", () => {
    const x = tensor(device, [1, 2], [1, 2]);
    const y = device.scope(() => sum(matmul(x, x, { transposeB: true })));
    expect(y.origin).toBeDefined();
    expect(device.memory().live).toBe(2);
  });

  it("passes what an inner scope returns to the outer one", () => {
    device.scope(() => {
      const inner = device.scope(() => tensor(device, [1]));
      expect(inner.freed).toBeUndefined();
    });
    expect(device.memory().live).toBe(0);
  });

  it("names the freed tensor when it is used", () => {
    const a = tensor(device, [1, 2], [1, 2]);
    let escaped = a;
    device.scope(() => {
      escaped = tensor(device, [1, 2], [2, 1]);
    });
    expect(() => matmul(a, escaped)).toThrow(new TypeError("matmul: b was freed when its scope closed"));
  });

  it("says that a disposed tensor was disposed", async () => {
    const x = tensor(device, [1, 2]);
    x.dispose();
    x.dispose();
    expect(() => sum(x)).toThrow(new TypeError("sum: x was disposed"));
    await expect(x.read()).rejects.toThrow("read: the tensor was disposed");
  });

  it("refuses a promise, and frees what was made before it", () => {
    const asynchronous = (): Promise<void> => {
      tensor(device, [1, 2, 3]);
      return Promise.resolve();
    };
    expect(() => device.scope(asynchronous)).toThrow(
      new TypeError("scope: the function is synchronous, got a promise from it (await outside of it)"),
    );
    expect(device.memory().live).toBe(0);
  });

  it("frees everything when the function throws", () => {
    const failing = (): never => {
      tensor(device, [1, 2, 3]);
      throw new Error("inside");
    };
    expect(() => device.scope(failing)).toThrow("inside");
    expect(device.memory().live).toBe(0);
  });

  it("takes memory from the system once for a scope that repeats", () => {
    const round = (): void => device.scope(() => void sum(tensor(device, new Float32Array(1000))));
    round();
    const { created } = device.memory();
    for (let i = 0; i < 100; i++) round();
    expect(device.memory()).toMatchObject({ created, live: 0 });
  });

  it("refuses a shape error before it allocates", () => {
    const a = tensor(device, [1, 2], [1, 2]);
    const before = device.memory();
    expect(() => matmul(a, a)).toThrow(RangeError);
    expect(device.memory()).toEqual(before);
  });
});
