/** A webgpu device together with the GPUDevice beneath it, for tests that count, break or destroy. */
import { requestGpu } from "#gpu";
import type { ReplaceOptions } from "../../src/device/replace.ts";
import { type CoreName, cores } from "../../src/device/webgpu/cores.ts";
import { WebGpuDevice } from "../../src/device/webgpu/webgpu.ts";
import { type Counts, countCalls } from "../../src/lab/trace/count_webgpu.ts";

export { countCalls } from "../../src/lab/trace/count_webgpu.ts";

/** Whether there is an adapter. */
export function hasWebGpu(): boolean {
  return import.meta.env["ELBOGRAD_TEST_WITHOUT_WEBGPU"] !== "1";
}

/** The cores that the adapter can compile. */
export async function coresHere(): Promise<readonly CoreName[]> {
  const adapter = hasWebGpu() ? await (await requestGpu())!.requestAdapter() : null;
  if (!adapter) return [];
  const names = Object.keys(cores) as CoreName[];
  return names.filter((name) => name !== "quad" || adapter.features.has("subgroups"));
}

interface RawWebGpu {
  readonly device: WebGpuDevice;
  readonly gpuDevice: GPUDevice;
}

/** With WebGPU's own limit of 8 storage buffers, which every adapter binds. */
export async function rawWebGpu(): Promise<RawWebGpu> {
  const { gpu, gpuDevice } = await requestGpuDevice();
  return { device: openOn(gpu, gpuDevice), gpuDevice };
}

/** The same with everything counted, from the device's first call on. */
export async function countedWebGpu(options?: ReplaceOptions): Promise<RawWebGpu & { readonly counts: Counts; readonly reset: () => void }> {
  const { gpu, gpuDevice } = await requestGpuDevice();
  return { ...countCalls(gpuDevice), device: openOn(gpu, gpuDevice, options), gpuDevice };
}

async function requestGpuDevice(): Promise<{ gpu: GPU; gpuDevice: GPUDevice }> {
  const gpu = (await requestGpu())!;
  const adapter = (await gpu.requestAdapter())!;
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const requiredLimits = { maxStorageBufferBindingSize, maxBufferSize, maxStorageBuffersPerShaderStage: 8 };
  const requiredFeatures: GPUFeatureName[] = adapter.features.has("subgroups") ? ["subgroups"] : [];
  return { gpu, gpuDevice: await adapter.requestDevice({ requiredLimits, requiredFeatures }) };
}

function openOn(gpu: GPU, gpuDevice: GPUDevice, options?: ReplaceOptions): WebGpuDevice {
  return new WebGpuDevice(gpu, gpuDevice, { precision: "f32", adapter: gpuDevice.adapterInfo.description, software: true }, undefined, options);
}
