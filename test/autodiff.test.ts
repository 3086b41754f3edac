import { beforeEach, describe, expect, it, vi } from "vitest";
import { grad, record, stopGradient } from "../src/autodiff.ts";
import { CpuDevice } from "../src/device/cpu.ts";
import { full, zeros } from "../src/fill.ts";
import { add, mul } from "../src/ops/binary.ts";
import { matmul } from "../src/ops/matmul.ts";
import { sum } from "../src/ops/reduce.ts";
import { reshape } from "../src/ops/shape_ops.ts";
import { exp, neg, square } from "../src/ops/unary.ts";
import type { Kernel } from "../src/kernel.ts";
import * as shaders from "../src/shaders.ts";
import { alias, empty, tensor, type Tensor } from "../src/tensor.ts";

let device: CpuDevice;
beforeEach(() => {
  device = new CpuDevice();
});

async function valuesOf(tensors: readonly Tensor[]): Promise<number[][]> {
  return Promise.all(tensors.map(async (t) => Array.from(await t.read())));
}

/** dy copied onto a gradient, or added to it. */
function deferredCopy(accumulate: 0 | 1): Kernel {
  return {
    name: `deferred ${accumulate}`,
    wgsl: shaders.accumulate,
    inputs: ["f32"],
    outputs: ["f32"],
    params: {},
    grid: () => [1],
    cpu: ([dy], [dx]) => dy!.forEach((value, i) => (dx![i] = accumulate ? dx![i]! + value : value)),
  };
}

/** The names of the kernels that `f` launches. */
function launched(f: () => void): string[] {
  const run = vi.spyOn(device, "run");
  f();
  const names = run.mock.calls.map(([kernel]) => kernel.name);
  run.mockRestore();
  return names;
}

describe("grad", () => {
  it("adds up the contributions of a tensor that is used several times", async () => {
    const x = tensor(device, [2, 3]);
    const y = sum(add(mul(x, x), mul(x, 5)));
    expect(await valuesOf(grad(y, [x]))).toEqual([[9, 11]]);
  });

  it("walks a diamond once, after all of its uses", async () => {
    const x = tensor(device, [3]);
    const shared = square(x);
    const y = add(mul(shared, 2), mul(shared, 3));
    const names = launched(() => grad(y, [x]));
    expect(names.filter((name) => name === "square_grad")).toHaveLength(1);
    expect(await valuesOf(grad(y, [x]))).toEqual([[30]]);
  });

  it("gives zeros for a tensor that y does not depend on", async () => {
    const [x, other] = [tensor(device, [1, 2]), tensor(device, [3, 4, 5])];
    expect(await valuesOf(grad(sum(x), [x, other]))).toEqual([
      [1, 1],
      [0, 0, 0],
    ]);
  });

  it("gives ones for y itself", async () => {
    const y = sum(tensor(device, [1, 2]));
    expect(await valuesOf(grad(y, [y]))).toEqual([[1]]);
  });

  it("gives the gradient of an intermediate tensor beside that of its source", async () => {
    const x = tensor(device, [1, 2]);
    const h = mul(x, 3);
    expect(await valuesOf(grad(sum(square(h)), [x, h]))).toEqual([
      [18, 36],
      [6, 12],
    ]);
  });

  it("starts from a cotangent, without which y has one element", async () => {
    const x = tensor(device, [1, 2]);
    expect(await valuesOf(grad(square(x), [x], { cotangent: tensor(device, [10, 100]) }))).toEqual([[20, 400]]);
    expect(() => grad(square(x), [x])).toThrow("grad: y has one element, got shape [2] (reduce it, or pass a cotangent)");
    expect(() => grad(square(x), [x], { cotangent: tensor(device, [1]) })).toThrow("grad: the cotangent has y's shape [2], got [1]");
  });

  it("writes into given tensors: the first use overwrites, later ones add, unreached ones are zeroed", async () => {
    const [x, other] = [tensor(device, [2, 3]), tensor(device, [1, 1])];
    const into = [tensor(device, [NaN, NaN]), tensor(device, [7, 7])];
    const y = sum(add(square(x), add(square(x), x)));
    const result = grad(y, [x, other], { into });
    expect(result).toEqual(into);
    expect(await valuesOf(into)).toEqual([
      [9, 13],
      [0, 0],
    ]);
  });

  it("checks the tensors to write into", () => {
    const x = tensor(device, [2, 3]);
    expect(() => grad(sum(x), [x], { into: [] })).toThrow("grad: into has one tensor for each of wrt (1), got 0");
    expect(() => grad(sum(x), [x], { into: [tensor(device, [1])] })).toThrow("grad: into[0] has the shape of wrt[0], [2], got [1]");
  });

  it("leaves the values of a cotangent alone that several sinks share", async () => {
    const x = tensor(device, [1, 2]);
    const cotangent = tensor(device, [10, 20]);
    const [dx] = grad(add(x, add(x, x)), [x], { cotangent });
    expect(await valuesOf([dx!, cotangent])).toEqual([
      [30, 60],
      [10, 20],
    ]);
  });

  it("refuses to differentiate a gradient again", () => {
    const x = tensor(device, [1, 2]);
    const [dx] = grad(sum(exp(x)), [x]);
    const again = "grad: a gradient cannot be differentiated again (second order is not supported; use stopGradient on it)";
    expect(() => grad(sum(dx!), [x])).toThrow(new TypeError(again));
    expect(() => grad(sum(mul(dx!, x)), [x])).toThrow(new TypeError(again));
    expect(() => grad(sum(mul(stopGradient(dx!), x)), [x])).not.toThrow();
  });

  it("refuses constants and freed tensors", () => {
    const x = tensor(device, [1, 2]);
    expect(() => grad(sum(x), [stopGradient(x)])).toThrow("grad: wrt[0] is a constant (frozen, stopGradient, or not f32)");
    expect(() => grad(sum(x), [tensor(device, [1], [1], "u32")])).toThrow(TypeError);
    const y = sum(x);
    x.dispose();
    expect(() => grad(y, [x])).toThrow("grad: wrt[0] was disposed");
  });

  it("lets no gradient through stopGradient, which shares memory", async () => {
    const x = tensor(device, [2, 3]);
    const y = sum(mul(x, stopGradient(x)));
    expect(await valuesOf(grad(y, [x]))).toEqual([[2, 3]]);
    expect(stopGradient(x).slice.block).toBe(x.slice.block);
  });

  it("records nothing for constants alone", () => {
    const c = stopGradient(tensor(device, [1, 2]));
    const y = sum(mul(exp(c), 2));
    expect(y.tracked).toBe(false);
    expect(y.origin).toBeUndefined();
  });

  it("goes through a graph that is deeper than the call stack", async () => {
    const x = tensor(device, [1]);
    let y = x;
    for (let i = 0; i < 20_000; i++) y = neg(y);
    expect(await valuesOf(grad(y, [x]))).toEqual([[1]]);
  });

  it("does not compute a gradient that nobody wants", () => {
    const x = tensor(device, new Float32Array(6), [2, 3]);
    const [W1, W2] = [tensor(device, new Float32Array(12), [3, 4]), tensor(device, new Float32Array(20), [4, 5])];
    const y = sum(matmul(matmul(x, W1), W2));
    const products = (wrt: Tensor[]): number => launched(() => grad(y, wrt)).filter((name) => name === "matmul").length;
    expect([[W2], [W1, W2], [x, W1, W2], [x]].map(products)).toEqual([1, 3, 4, 2]);
  });

  it("frees everything but the gradients", () => {
    const x = tensor(device, [1, 2]);
    const { live } = device.memory();
    device.scope(() => {
      const y = sum(exp(square(exp(x))));
      const inside = device.memory().live;
      const gradients = grad(y, [x]);
      expect(gradients).toHaveLength(1);
      expect(device.memory().live).toBe(inside + 1);
    });
    expect(device.memory().live).toBe(live);
  });

  it("repeats its bits", async () => {
    const x = tensor(
      device,
      Float32Array.from({ length: 100 }, (_, i) => Math.sin(i)),
    );
    const once = (): Promise<number[][]> => valuesOf(grad(sum(mul(exp(x), add(square(x), exp(neg(x))))), [x]));
    expect(await once()).toEqual(await once());
  });
});

describe("record", () => {
  it("gives an op of several outputs the cotangents of those that were used, and null for the others", async () => {
    const x = tensor(device, [1, 2]);
    const seen: (number | null)[] = [];
    const twice = (): readonly [Tensor, Tensor] => {
      const outputs = [alias(x, [2]), alias(x, [2])] as const;
      record(outputs, [x], ([da, db], [want]) => {
        seen.push(da?.size ?? null, db?.size ?? null);
        want?.give(da ?? db!);
      });
      return outputs;
    };
    const [, second] = twice();
    expect(await valuesOf(grad(sum(second), [x]))).toEqual([[1, 1]]);
    expect(seen).toEqual([null, 2]);
  });

  it("runs deferred launches before their results are read, and in the order of the graph", async () => {
    const x = tensor(device, [1, 2]);
    const copy = (t: Tensor): Tensor => {
      const y = alias(t, t.shape);
      record([y], [t], ([dy], [want], defer) => {
        const { target, accumulate } = want!.write("deferred");
        defer({ kernel: deferredCopy(accumulate), inputs: [dy!.slice], outputs: [target.slice], params: {} });
      });
      return y;
    };
    const names = launched(() => grad(sum(add(copy(x), copy(x))), [x]));
    expect(names.filter((name) => name.startsWith("deferred"))).toEqual(["deferred 0", "deferred 1"]);
    expect(await valuesOf(grad(sum(exp(copy(mul(x, 0)))), [x]))).toEqual([[0, 0]]);
    expect(await valuesOf(grad(sum(add(copy(x), copy(x))), [x]))).toEqual([[2, 2]]);
  });

  it("names the op whose gradient has the wrong shape", () => {
    const x = tensor(device, [1, 2]);
    const y = alias(x, []);
    record([y], [x], ([dy], [want]) => want?.give(dy!));
    expect(() => grad(y, [x])).toThrow("grad: a gradient has shape [] and its tensor [2] (the op's backward is wrong)");
  });
});

describe("lazy tensors", () => {
  it("take no memory until a kernel reads them", async () => {
    const { live } = device.memory();
    const x = full(device, [1000], 3);
    expect(device.memory().live).toBe(live);
    expect((await x.read())[999]).toBe(3);
    expect(device.memory().live).toBe(live + 1);
  });

  it("spread a uniform gradient without a launch", () => {
    const x = tensor(device, [1, 2, 3]);
    const y = sum(x);
    expect(launched(() => grad(y, [x], { into: [empty(device, [3])] }))).toEqual(["fill"]);
  });

  it("are made again if the scope that they were made in has closed", async () => {
    const x = zeros(device, [2]);
    device.scope(() => void reshape(x, [2, 1]).slice);
    expect(Array.from(await x.read())).toEqual([0, 0]);
  });
});
