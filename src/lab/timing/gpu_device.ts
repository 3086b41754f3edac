/** What lies beneath a webgpu device. */
import type { Device } from "../../device/device.ts";
import type { WebGpuDevice } from "../../device/webgpu/webgpu.ts";

/** The GPUDevice of a webgpu device, for counting its calls and reading its clock; undefined of any other. */
export function gpuDeviceOf(device: Device): GPUDevice | undefined {
  return webGpuOf(device)?.gpuDevice;
}

/** A webgpu device as what it is, for its counts and its plans; undefined of any other. */
export function webGpuOf(device: Device): WebGpuDevice | undefined {
  return "gpuDevice" in device ? (device as WebGpuDevice) : undefined;
}
