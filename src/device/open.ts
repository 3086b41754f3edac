/** Opening a device: the only place that knows them all. The code of wasm and webgpu is loaded when one is opened. */
import { CpuDevice, type CpuOptions } from "./cpu.ts";
import type { Device } from "./device.ts";
import type { WasmOptions } from "./wasm/wasm.ts";
import type { WebGpuOptions } from "./webgpu/adapter.ts";

/** The devices that can be asked for. */
export type DeviceName = "auto" | "cpu" | "wasm" | "webgpu";

/** What a device is opened with; each device has its own, and leaves the others' alone. */
export interface OpenOptions extends CpuOptions, WasmOptions, WebGpuOptions {}

/**
 * Opens a device. "auto" picks a hardware GPU, else wasm, else the cpu; a GPU that is emulated in software only when asked for by name. Each
 * call opens a device of its own, which nobody else can close.
 */
export async function openDevice(name: DeviceName = "auto", options: OpenOptions = {}): Promise<Device> {
  if (name === "cpu") return new CpuDevice(options);
  if (name === "wasm") return openWasm(options);
  if (name === "webgpu") return openWebGpu("any", options);
  if (name !== "auto") throw new RangeError(`openDevice: the devices are "auto", "cpu", "wasm" and "webgpu", got "${String(name)}"`);
  if (options.precision === "f64") return new CpuDevice(options);
  try {
    return await openWebGpu("hardware", options);
  } catch {
    return openWasm(options);
  }
}

async function openWebGpu(kind: "any" | "hardware", options: WebGpuOptions): Promise<Device> {
  const adapter = await import("./webgpu/adapter.ts");
  return adapter.openWebGpu(kind, options);
}

/** The wasm device, or the cpu device with a note where WebAssembly is missing or refused. */
async function openWasm(options: OpenOptions): Promise<Device> {
  if (options.precision === "f64") throw new RangeError('openDevice: "wasm" computes in f32, got precision "f64" (use "cpu")');
  const { checkWasmOptions, WasmDevice } = await import("./wasm/wasm.ts");
  checkWasmOptions(options);
  try {
    if (typeof WebAssembly === "undefined") throw new TypeError("there is no WebAssembly");
    return new WasmDevice(options);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return new CpuDevice(options, `the cpu device instead of wasm, which cannot be used here: ${why}`);
  }
}
