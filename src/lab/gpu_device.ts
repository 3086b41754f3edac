/** What lies beneath a webgpu device. */
import type { Device } from "../device/device.ts";

/** The GPUDevice of a webgpu device, for counting its calls and reading its clock; undefined of any other. */
export function gpuDeviceOf(device: Device): GPUDevice | undefined {
  return (device as { readonly gpuDevice?: GPUDevice }).gpuDevice;
}
