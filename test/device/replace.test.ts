/** Kernels and cores of one's own in the place of the library's: in ops, groups, captured steps and whole training runs, on every device. */
import { describe, expect, test } from "vitest";
import { dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { type DeviceName, openDevice, type OpenOptions } from "../../src/device/open.ts";
import { textOf } from "../../src/device/webgpu/compose.ts";
import type { Core } from "../../src/device/webgpu/cores.ts";
import { accumulate, fill } from "../../src/fill.ts";
import type { Kernel } from "../../src/kernel.ts";
import { checkKernel } from "../../src/lab/check/check.ts";
import { coreFrom, kernelFrom } from "../../src/lab/kernel_from.ts";
import { kernelNamed } from "../../src/lab/subjects/catalogue.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { leakyRelu } from "../../src/ops/unary.ts";
import { tensor } from "../../src/tensor.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { train } from "../../src/vae/training/train.ts";
import { Vae } from "../../src/vae/vae.ts";
import { plainDense, tiledMatmul } from "../support/own_shaders.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

const names: readonly DeviceName[] = hasWebGpu() ? ["cpu", "wasm", "webgpu"] : ["cpu", "wasm"];

/** A kernel whose launches on the CPU are counted. */
function counted(kernel: Kernel): { readonly kernel: Kernel; readonly calls: () => number } {
  let calls = 0;
  const cpu: Kernel["cpu"] = (...args) => {
    calls++;
    kernel.cpu(...args);
  };
  return { kernel: { ...kernel, cpu }, calls: () => calls };
}

async function withDevice(name: DeviceName, options: OpenOptions, f: (device: Device) => Promise<void>): Promise<void> {
  const device = await openDevice(name, options);
  try {
    await f(device);
  } finally {
    await device.close();
  }
}

/** `fill` with twice the value. */
const twice: Kernel = {
  ...(fill as Kernel),
  wgsl: { ...fill.wgsl, source: textOf(fill.wgsl).replace("step_f32(params.value)", "2.0 * step_f32(params.value)") },
  cpu: (_, [y], { n, value }) => y!.fill(2 * Number(value), 0, Number(n)),
};

/** Losses of 30 steps, and of the validation after them. */
async function losses(device: Device): Promise<number[]> {
  const rows = 96;
  const bytes = Uint8Array.from({ length: rows * 20 }, (_, i) => (i * 91) % 256);
  const data = dataset(device, bytes, { columns: 20, scale: 1 / 255 });
  const vae = new Vae(device, { input: 20, hidden: [17], latent: 3, likelihood: bernoulli(), seed: 0 });
  const found: number[] = [];
  for await (const { negElbo } of train(vae, data, { epochs: 10, batchSize: 32, seed: 1 })) found.push(negElbo);
  return found;
}

describe.each(names)("on %s", (name) => {
  test("a kernel runs in the place of the library's: alone, in a group, in a captured step", async () => {
    expect(twice.wgsl.source).toContain("2.0 *");
    await withDevice(name, { replace: { fill: twice } }, async (device) => {
      const slice = device.alloc("f32", 5);
      const launch = { kernel: fill, inputs: [], outputs: [slice], params: { n: 5, value: 3 } };
      device.run(fill, [], [slice], { n: 5, value: 3 });
      expect([...(await device.read(slice))]).toEqual([6, 6, 6, 6, 6]);
      await device.prepare([fill]);
      const sum = tensor(device, [0, 0, 0, 0, 0]);
      device.runGroup([launch, { kernel: accumulate, inputs: [slice], outputs: [sum.slice], params: { n: 5 } }]);
      const step = device.capture({ value: "f32" }, () => {
        device.run(fill, [], [slice], { n: 5, value: { word: "value" } });
        device.run(accumulate, [slice], [sum.slice], { n: 5 });
      });
      step.replay([{ value: 1 }, { value: 10 }]);
      step.dispose();
      expect([...(await sum.read())]).toEqual(Array(5).fill(6 + 2 + 20));
    });
  });

  test("kernels that are named after their op are replaced by that name or by their file's", async () => {
    for (const key of ["leakyRelu", "leaky_relu"]) {
      const { kernel, calls } = counted({ ...kernelNamed("leakyRelu"), wgsl: { ...kernelNamed("leakyRelu").wgsl } });
      const mine = { ...kernel, wgsl: { ...kernel.wgsl, source: textOf(kernel.wgsl).replace("params.a * x", "3.0 * x") } };
      await withDevice(name, { replace: { [key]: mine } }, async (device) => {
        const [value] = await leakyRelu(tensor(device, [-1])).read();
        if (name === "webgpu") expect(value).toBe(-3);
        else expect(calls()).toBe(1);
      });
    }
  });

  test.skipIf(name === "webgpu")("a loop of one's own runs also where its shader is the library's", async () => {
    const { kernel, calls } = counted(kernelNamed("matmul"));
    await withDevice(name, { replace: { matmul: kernel } }, async (device) => {
      const a = tensor(device, [1, 2, 3, 4], [2, 2]);
      expect([...(await matmul(a, a).read())]).toEqual([7, 10, 15, 22]);
      expect(calls()).toBe(1);
    });
  });

  test("30 training steps with a dense layer of one's own have the same losses within rounding", async () => {
    const own = counted(kernelFrom("dense_relu", plainDense));
    let usual: number[] = [];
    await withDevice(name, {}, async (device) => void (usual = await losses(device)));
    await withDevice(name, { replace: { dense_relu: own.kernel } }, async (device) => {
      const mine = await losses(device);
      expect(mine).toHaveLength(10);
      // 30 steps of Adam at 1e-3 from weights that are off by a few ulp
      mine.forEach((loss, i) => expect(Math.abs(loss / usual[i]! - 1)).toBeLessThan(30 * 2 ** -20));
    });
    if (name !== "webgpu") expect(own.calls()).toBeGreaterThanOrEqual(60); // the encoder's and the decoder's layer in each step
  });

  test("what cannot be launched as the kernel that it replaces is refused, and so is a name that nobody launches", async () => {
    await withDevice(name, { replace: { fill: { ...twice, params: { n: "u32", value: "f32" } } } }, async (device) => {
      const slice = device.alloc("f32", 1);
      expect(() => device.run(fill, [], [slice], { n: 1, value: 1 })).toThrow(
        'fill: the kernel that replaces it has the same params, {"n":"u32","value":"step.f32"}, got {"n":"u32","value":"f32"}',
      );
      expect([...(await tensor(device, [4]).read())]).toEqual([4]);
    });
    const unknown = (replace: string): Promise<Device> => openDevice(name, { replace: { [replace]: twice } });
    await expect(unknown("fil")).rejects.toThrow('openDevice: no kernel to replace is called "fil" (there are above, abs, ');
    await expect(unknown("dense_rleu")).rejects.toThrow('openDevice: no kernel to replace is called "dense_rleu"');
    await expect(unknown("lib/gemm")).rejects.toThrow('openDevice: no kernel to replace is called "lib/gemm"');
  });
});

/** 4 × 8 by two invocations of four rows and four columns. */
const small = `const THREADS = 2u;
const SLOTS = 8u;
fn tile_size() -> vec2u { return vec2u(4u, 8u); }
fn tile(corner: vec2u, local: u32) {
  let size = gemm_size();
  let n = corner.y + 4u * local;
  if (n >= size.y) { return; }
  for (var m = corner.x; m < min(corner.x + 4u, size.x); m++) {
    let row = row_of_a(m);
    var sum = vec4f();
    for (var k = 0u; k < size.z; k++) { sum += load_a(row, column_of_a(k)) * load_b4(k, n); }
    store_row(m, n, sum);
  }
}
`;

describe.runIf(hasWebGpu())("a core of one's own", () => {
  test("makes every product of the library, in checks and in training", async () => {
    const core = coreFrom(small, { name: "small", tile: [4, 8] });
    let usual: number[] = [];
    await withDevice("webgpu", {}, async (device) => void (usual = await losses(device)));
    await withDevice("webgpu", { core }, async (device) => {
      expect(device.info.adapter).toMatch(/, gemm core small$/);
      for (const name of ["matmul", "heads"]) {
        const report = await checkKernel(device, kernelNamed(name));
        expect(report.ok, report.explain()).toBe(true);
      }
      const mine = await losses(device);
      mine.forEach((loss, i) => expect(Math.abs(loss / usual[i]! - 1)).toBeLessThan(30 * 2 ** -20));
    });
  });

  test("with a wrong tile is caught", async () => {
    const core = coreFrom(small, { name: "small", tile: [4, 4] });
    await withDevice("webgpu", { core: { ...core, tile: () => [8, 8] } }, async (device) => {
      expect((await checkKernel(device, kernelNamed("matmul"))).explain()).toMatch(/c\[\d+\]: got /);
    });
  });

  test("that lacks a part, or does not compile, says so, and the device goes on", async () => {
    const part = { name: "small", shader: { name: "small", source: small, uses: [] } } as unknown as Core;
    await expect(openDevice("webgpu", { core: part })).rejects.toThrow(
      "openDevice: a core has a name, a shader { name, source, uses } and tile(rows, columns), got name, shader",
    );
    const core = coreFrom(small.replace("load_b4(k, n)", "load_b5(k, n)"), { name: "small", tile: [4, 8] });
    await withDevice("webgpu", { core }, async (device) => {
      const x = tensor(device, [1, 2, 3, 4], [2, 2]);
      await expect(matmul(x, x).read()).rejects.toThrow(
        /^webgpu: shader "matmul" failed to compile at small\.wgsl:11:\d+: unresolved call target 'load_b5'/,
      );
      expect([...(await tensor(device, [1, 2]).read())]).toEqual([1, 2]);
    });
  });
});

test.runIf(hasWebGpu())("a matrix product of one's own, with a tile of another size, is the library's within rounding", async () => {
  const mine = kernelFrom("matmul", tiledMatmul, { constants: { TILE: 4 } });
  await withDevice("webgpu", { replace: { matmul: mine } }, async (device) => {
    const a = tensor(device, [1, 2, 3, 4, 5, 6], [2, 3]);
    expect([...(await matmul(a, a, { transposeB: true }).read())]).toEqual([14, 32, 32, 77]);
  });
});
