/** A webgpu device together with the GPUDevice beneath it, for tests that count, break or destroy. */
import { requestGpu } from "#gpu";
import { type Core, cores } from "../src/device/webgpu/cores.ts";
import { WebGpuDevice } from "../src/device/webgpu/webgpu.ts";

/** Whether there is an adapter. */
export function hasWebGpu(): boolean {
  return import.meta.env["ELBOGRAD_TEST_WITHOUT_WEBGPU"] !== "1";
}

/** The cores that the adapter can compile. */
export async function coresHere(): Promise<readonly Core[]> {
  const adapter = hasWebGpu() ? await (await requestGpu())!.requestAdapter() : null;
  if (!adapter) return [];
  return Object.values(cores).filter(({ name }) => name !== "quad" || adapter.features.has("subgroups"));
}

export async function rawWebGpu(): Promise<{ device: WebGpuDevice; gpuDevice: GPUDevice }> {
  const gpu = (await requestGpu())!;
  const adapter = (await gpu.requestAdapter())!;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("subgroups") ? ["subgroups"] : [];
  const gpuDevice = await adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize }, requiredFeatures });
  const device = new WebGpuDevice(gpu, gpuDevice, { precision: "f32", adapter: adapter.info.description, software: true });
  return { device, gpuDevice };
}

/** How often WebGPU objects were made, and work submitted, since `counts` was last reset. */
export interface Counts {
  buffers: number;
  bindGroups: number;
  pipelines: number;
  modules: number;
  submits: number;
  writes: number;
  writtenBytes: number;
}

/** Counts the calls on a GPUDevice and its queue, by wrapping them. */
export function countCalls(gpuDevice: GPUDevice): { counts: Counts; reset: () => void } {
  const counts: Counts = { buffers: 0, bindGroups: 0, pipelines: 0, modules: 0, submits: 0, writes: 0, writtenBytes: 0 };
  const wrap = <T extends object>(on: T, method: keyof T & string, count: (args: readonly unknown[]) => void): void => {
    const original = on[method] as (...args: unknown[]) => unknown;
    Object.defineProperty(on, method, {
      configurable: true,
      value: (...args: unknown[]) => {
        count(args);
        return original.apply(on, args);
      },
    });
  };
  wrap(gpuDevice, "createBuffer", () => counts.buffers++);
  wrap(gpuDevice, "createBindGroup", () => counts.bindGroups++);
  wrap(gpuDevice, "createComputePipeline", () => counts.pipelines++);
  wrap(gpuDevice, "createComputePipelineAsync", () => counts.pipelines++);
  wrap(gpuDevice, "createShaderModule", () => counts.modules++);
  const queue = gpuDevice.queue;
  wrap(queue, "submit", () => counts.submits++);
  wrap(queue, "writeBuffer", ([, , data, , size]) => {
    counts.writes++;
    const { byteLength, BYTES_PER_ELEMENT = 1 } = data as Uint8Array;
    counts.writtenBytes += size === undefined ? byteLength : (size as number) * BYTES_PER_ELEMENT;
  });
  return { counts, reset: () => Object.keys(counts).forEach((key) => (counts[key as keyof Counts] = 0)) };
}
