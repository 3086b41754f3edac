/** A device as what it is; apart from what the laboratory exports, so that its types name none of WebGPU's. */
import type { Device } from "../../device/device.ts";
import type { WebGpuDevice } from "../../device/webgpu/webgpu.ts";

/** A webgpu device as what it is, for its counts and its plans; undefined of any other. */
export function webGpuOf(device: Device): WebGpuDevice | undefined {
  return "gpuDevice" in device ? (device as WebGpuDevice) : undefined;
}
