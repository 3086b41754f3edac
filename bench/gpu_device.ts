/** The GPUDevice beneath elbograd's webgpu device, for benches that count its calls or read its clock: seen where the package `webgpu` hands it out. */
import type { Device } from "elbograd";
import { openTarget, type Target } from "./harness.ts";

/** Dawn rounds its clock to 65 µs unless it is told not to, which only its entry point can be. */
const EXACT_CLOCK = "disable-dawn-features=timestamp_quantization";

/** Held as long as the process: collected before its devices, it takes the process down. */
const held: GPU[] = [];

/**
 * Opens a device; if it is on WebGPU, `see` gets its GPUDevice before any call is made on it. With `clock` that has timestamps, where the adapter
 * has any.
 */
export async function openSeen(target: Target, see: (gpuDevice: GPUDevice) => void, clock = false): Promise<Device> {
  if (target.name === "cpu" || target.name === "wasm") return openTarget(target);
  const { create, globals } = await import("webgpu");
  const { prototype } = (globals as unknown as { readonly GPUAdapter: typeof GPUAdapter }).GPUAdapter;
  const { requestDevice } = prototype;
  const requestWithClock = async (descriptor: GPUDeviceDescriptor): Promise<GPUDevice> => {
    const gpu = create([EXACT_CLOCK]);
    held.push(gpu);
    const adapter = (await gpu.requestAdapter({ powerPreference: "high-performance" }))!;
    const features: GPUFeatureName[] = adapter.features.has("timestamp-query") ? ["timestamp-query"] : [];
    return requestDevice.call(adapter, { ...descriptor, requiredFeatures: [...(descriptor.requiredFeatures ?? []), ...features] });
  };
  prototype.requestDevice = async function (descriptor = {}) {
    const gpuDevice = await (clock ? requestWithClock(descriptor) : requestDevice.call(this, descriptor));
    see(gpuDevice);
    return gpuDevice;
  };
  try {
    return await openTarget(target);
  } finally {
    prototype.requestDevice = requestDevice;
  }
}
