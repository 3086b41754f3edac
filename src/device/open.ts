/** Opening a device: the only place that knows them all. */
import { CpuDevice, type CpuOptions } from "./cpu.ts";
import type { Device } from "./device.ts";
import { openWebGpu } from "./webgpu/adapter.ts";

export type DeviceName = "auto" | "cpu" | "webgpu";

export interface OpenOptions extends CpuOptions {}

/**
 * Opens a device. "auto" picks a hardware GPU, else the cpu; a GPU that is emulated in software only when asked for by name.
 * Each call opens a device of its own, which nobody else can close.
 */
export async function openDevice(name: DeviceName = "auto", options: OpenOptions = {}): Promise<Device> {
  if (name === "cpu") return new CpuDevice(options);
  if (name === "webgpu") return openWebGpu("any");
  if (name !== "auto") throw new RangeError(`openDevice: the devices are "auto", "cpu" and "webgpu", got "${String(name)}"`);
  try {
    return await openWebGpu("hardware");
  } catch {
    return new CpuDevice(options);
  }
}
