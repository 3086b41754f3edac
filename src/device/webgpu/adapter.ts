/** Finding an adapter and opening a GPUDevice with the limits that the kernels use. */
import { GPU_HINT, requestGpu } from "#gpu";
import type { Device } from "../device.ts";
import { WebGpuDevice } from "./webgpu.ts";

const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;

/** Drivers that run shaders on the CPU. */
const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render|warp/i;

/** Opens a WebGPU device; "hardware" refuses one that is emulated in software. */
export async function openWebGpu(kind: "any" | "hardware"): Promise<Device> {
  const gpu = await requestGpu();
  const adapter = await gpu?.requestAdapter({ powerPreference: "high-performance" });
  if (!gpu || !adapter) throw new Error(`openDevice: no WebGPU adapter (${GPU_HINT}; or use "cpu")`);
  const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info;
  const words = [...new Set([vendor, architecture, model, description].filter((part) => part !== ""))].join(" ");
  const software = isFallbackAdapter || SOFTWARE.test(words);
  if (software && kind === "hardware") throw new Error(`openDevice: the only WebGPU adapter is software (${words}; ask for it with "webgpu")`);
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, adapter.limits[name]]));
  const device = await adapter.requestDevice({ label: "elbograd", requiredLimits });
  return new WebGpuDevice(gpu, device, { precision: "f32", adapter: words, software });
}
