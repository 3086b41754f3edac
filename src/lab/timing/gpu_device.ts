/** What lies beneath a webgpu device. */
import { checkValue, DEVICE } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import { webGpuOf } from "./webgpu_of.ts";

/** WebGPU's GPUDevice where a program knows its type, by TypeScript's DOM library from 6.0 on or by `@webgpu/types`; elsewhere just an object. */
export type NativeGpuDevice = typeof globalThis extends { readonly GPUDevice: { readonly prototype: infer Type extends object } } ? Type : object;

/** The GPUDevice of a webgpu device, for counting its calls and reading its clock; undefined of any other. */
export function gpuDeviceOf(device: Device): NativeGpuDevice | undefined {
  checkValue("gpuDeviceOf", "device", device, DEVICE);
  return webGpuOf(device)?.gpuDevice;
}
