/** What only a WebGPU device can get wrong: each of these was seen to fail in Dawn. */
import { describe, expect, test, vi } from "vitest";
import { DeviceLostError } from "../../../src/device/device.ts";
import { composeShader, locate, textOf } from "../../../src/device/webgpu/compose.ts";
import { cores } from "../../../src/device/webgpu/cores.ts";
import { accumulate, fill } from "../../../src/fill.ts";
import type { Kernel } from "../../../src/kernel.ts";
import * as shaders from "../../../src/shaders.ts";
import { tensor } from "../../../src/tensor.ts";
import { coresHere, hasWebGpu, rawWebGpu } from "../../support/raw_webgpu.ts";

/** `fill` with its text changed. */
function changed(name: string, from: string, to: string): Kernel<{ n: number; value: number }> {
  const source = textOf(fill.wgsl).replace(from, to);
  expect(source).not.toBe(textOf(fill.wgsl));
  return { ...fill, name, wgsl: { ...fill.wgsl, source } };
}

describe.skipIf(!hasWebGpu())("on webgpu", () => {
  test("a shader that does not compile is named with file, line and column at the next read, and by prepare", async () => {
    const { device } = await rawWebGpu();
    const t = tensor(device, [1, 2]);
    const bad = changed("bad", "step_f32(", "step_f16(");
    device.run(bad, [], [t.slice], { n: 2, value: 0 });
    const message = /^webgpu: shader "fill" failed to compile at fill\.wgsl:12:\d+: unresolved call target 'step_f16'/;
    await expect(t.read()).rejects.toThrow(message);
    await expect(device.prepare([bad])).rejects.toThrow(message);
    device.run(bad, [], [t.slice], { n: 2, value: 0 });
    await expect(t.read()).rejects.toThrow(message);
    device.run(fill, [], [t.slice], { n: 2, value: 3 });
    expect([...(await t.read())]).toEqual([3, 3]);
    await device.close();
  });

  test("an error in a library file names the library and its own line", async () => {
    const { device } = await rawWebGpu();
    const step = { ...shaders.libStep, source: textOf(shaders.libStep).replace("bitcast<f32>", "bitcast<f33>") };
    const bad = { ...fill, name: "bad library", wgsl: { ...fill.wgsl, uses: [step] } };
    await expect(device.prepare([bad])).rejects.toThrow(/failed to compile at lib\/step\.wgsl:6:\d+/);
    await device.close();
  });

  test("an error that no scope caught is kept, and thrown at the next read with the kernel's name", async () => {
    const { device } = await rawWebGpu();
    const t = tensor(device, [1, 2]);
    const wrong: Kernel<{ n: number; value: number }> = { ...fill, name: "wrong layout", inputs: ["f32"], outputs: ["f32"] };
    device.run(wrong, [tensor(device, [1]).slice], [t.slice], { n: 2, value: 0 });
    await expect(t.read()).rejects.toThrow(/^webgpu: .*wrong layout/);
    device.run(fill, [], [t.slice], { n: 2, value: 4 });
    expect([...(await t.read())]).toEqual([4, 4]);
    await device.close();
  });

  test("a captured step compiles all that it runs at the same time when prepared, and nothing when replayed", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const [a, b] = [tensor(device, [1, 2]), tensor(device, [3, 4])];
    const step = device.capture({}, () => {
      device.run(fill, [], [a.slice], { n: 2, value: 5 });
      for (let i = 0; i < 2; i++) device.run(accumulate, [a.slice], [b.slice], { n: 2 });
    });
    const [now, ahead] = [vi.spyOn(gpuDevice, "createComputePipeline"), vi.spyOn(gpuDevice, "createComputePipelineAsync")];
    const [first, second] = [step.prepare(), step.prepare()];
    expect(device.compiling).toBe(2);
    await Promise.all([first, second]);
    expect(device.compiling).toBe(0);
    step.replay([{}]);
    await step.prepare();
    expect([...(await b.read())]).toEqual([13, 14]);
    expect([now.mock.calls.length, ahead.mock.calls.length]).toEqual([0, 2]);
    await device.close();
  });

  test("a captured step with a shader that does not compile says where, prepared or replayed", async () => {
    const { device } = await rawWebGpu();
    const t = tensor(device, [1, 2]);
    const bad = changed("bad", "step_f32(", "step_f16(");
    const step = device.capture({}, () => device.run(bad, [], [t.slice], { n: 2, value: 0 }));
    const message = /^webgpu: shader "fill" failed to compile at fill\.wgsl:12:\d+: unresolved call target 'step_f16'/;
    for (let i = 0; i < 2; i++) {
      await expect(step.prepare()).rejects.toThrow(message);
      step.replay([{}]);
      await expect(t.read()).rejects.toThrow(message);
    }
    step.dispose();
    await expect(step.prepare()).rejects.toThrow("prepare: this captured step was disposed");
    await device.close();
  });

  test("a grid beyond the limit is refused before it is encoded", async () => {
    const { device } = await rawWebGpu();
    const wide = { ...fill, name: "wide", grid: () => [65_536] as const };
    expect(() => device.run(wide, [], [device.alloc("f32", 1)], { n: 1, value: 0 })).toThrow(
      "wide: a grid has at most 65535 workgroups in one dimension, got [65536, 1, 1] (fold it with foldedGrid)",
    );
    await device.close();
  });

  test("a slice beyond the adapter's binding limit is refused with the limit", async () => {
    const { device } = await rawWebGpu();
    expect(() => device.alloc("f32", 2 ** 31)).toThrow(/alloc: the adapter binds at most \d+ bytes in one piece, got 8589934592/);
    await device.close();
  });

  test("a view that does not start at the alignment is refused", async () => {
    const { device } = await rawWebGpu();
    const slice = device.alloc("f32", 100);
    expect(() => device.run(fill, [], [slice.view(1, 5)], { n: 5, value: 0 })).toThrow("fill: a view starts at byte 4, which is no multiple of 256");
    await device.close();
  });

  test("losing the device rejects what is pending and every later call", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const t = tensor(device, [1, 2]);
    device.run(accumulate, [t.slice], [tensor(device, [0, 0]).slice], { n: 2 });
    const pending = t.read();
    gpuDevice.destroy();
    await expect(pending).rejects.toThrow(DeviceLostError);
    await expect(device.lost).resolves.toBeInstanceOf(DeviceLostError);
    expect(() => tensor(device, [1])).toThrow(/webgpu: the device was lost/);
    await device.close();
  });

  test("every shader compiles with every core that the adapter can have", async () => {
    const { device, gpuDevice } = await rawWebGpu();
    const whole = Object.values(shaders).filter(({ name }) => !name.startsWith("lib/"));
    expect(whole.length).toBeGreaterThan(40);
    for (const core of (await coresHere()).map((name) => cores[name])) {
      for (const shader of whole) {
        const { messages } = await gpuDevice.createShaderModule({ code: composeShader(shader, core) }).getCompilationInfo();
        expect(
          messages.map(({ lineNum, message }) => `${lineNum}: ${message}`),
          `${shader.name} with ${core.name}`,
        ).toEqual([]);
      }
    }
    await device.close();
  });
});

test("lines of a composed shader are traced back to their files", () => {
  const text = composeShader(fill.wgsl).split("\n");
  text.forEach((line, i) => {
    const { file, line: number } = locate(fill.wgsl, i + 1);
    const shader = file === "fill.wgsl" ? shaders.fill : shaders.libStep;
    if (line !== "") expect(textOf(shader).split("\n")[number - 1]).toBe(line);
  });
});

test("directives of library files move to the first line, and the lines stay where they were", () => {
  const lib = { ...shaders.libStep, source: "enable subgroups;\nfn g() -> f32 { return 1.0; }\n" };
  const text = composeShader({ ...fill.wgsl, uses: [lib] });
  expect(text.startsWith("enable subgroups;")).toBe(true);
  expect(text.match(/enable subgroups;/g)).toHaveLength(1);
  expect(text.split("\n")[11]).toBe(textOf(fill.wgsl).split("\n")[11]);
});
