/** Opening a device: the only place that knows them all. The code of wasm and webgpu is loaded when one is opened. */
import { CpuDevice } from "./cpu.ts";
import type { Device } from "./device.ts";
import { checkOpenOptions, type OpenOptions } from "./options.ts";
import { snakeCase } from "./replace.ts";

export type { OpenOptions } from "./options.ts";

/** The devices that can be asked for. */
export type DeviceName = "auto" | "cpu" | "wasm" | "webgpu";

/**
 * Opens a device. "auto" picks a hardware GPU, else wasm, else the cpu; a GPU that is emulated in software only when asked for by name. Each
 * call opens a device of its own, which nobody else can close. Throws where the device that was asked for cannot be had.
 */
export async function openDevice(name: DeviceName = "auto", options: OpenOptions = {}): Promise<Device> {
  checkOpenOptions(options);
  if (options.replace) (await import("./check_replacements.ts")).checkReplacements(options, snakeCase);
  if (name === "cpu") return new CpuDevice(options);
  if (name === "wasm") return openWasm(options);
  if (name === "webgpu") return openWebGpu("any", options);
  if (name !== "auto") throw new RangeError(`openDevice: the devices are "auto", "cpu", "wasm" and "webgpu", got "${String(name)}"`);
  if (options.precision === "f64") return new CpuDevice(options);
  try {
    return await openWebGpu("hardware", options);
  } catch {
    return openWasm(options).catch(({ message }: Error) => new CpuDevice(options, `the cpu device: ${message.replace("openDevice: ", "")}`));
  }
}

function checkPrecision(device: string, { precision }: OpenOptions): void {
  if (precision === "f64") throw new RangeError(`openDevice: "${device}" computes in f32, got precision "f64" (use "cpu")`);
}

async function openWebGpu(kind: "any" | "hardware", options: OpenOptions): Promise<Device> {
  checkPrecision("webgpu", options);
  const adapter = await import("./webgpu/adapter.ts");
  return adapter.openWebGpu(kind, options);
}

async function openWasm(options: OpenOptions): Promise<Device> {
  checkPrecision("wasm", options);
  const wasm = await import("./wasm/wasm.ts");
  try {
    if (typeof WebAssembly === "undefined") throw new TypeError("there is no WebAssembly");
    return await wasm.openWasm(options);
  } catch (error) {
    const advice = `use "cpu"; a page's Content-Security-Policy has to allow 'wasm-unsafe-eval'`;
    throw new Error(`openDevice: wasm cannot be used here: ${(error as Error).message} (${advice})`, { cause: error });
  }
}
