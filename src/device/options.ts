/** What a device is opened with, checked before anything is opened. */
import type { CpuOptions } from "./cpu.ts";
import { checkReplacements } from "./replace.ts";
import type { WasmOptions } from "./wasm/wasm.ts";
import type { WebGpuOptions } from "./webgpu/adapter.ts";
import type { Core, CoreName } from "./webgpu/cores.ts";

/** What a device is opened with; each device has its own, and leaves the others' alone. */
export interface OpenOptions extends CpuOptions, WasmOptions, WebGpuOptions {}

const FOUR_GIB = 2 ** 32;
const MOST_THREADS = 64;
const NAMES: readonly string[] = ["precision", "threads", "maxMemory", "relaxed", "core", "clock", "replace"] satisfies (keyof OpenOptions)[];
const CORES: readonly string[] = ["quad", "registers", "workgroup"] satisfies CoreName[];

/** Throws for options that no device has, and for values that none can be opened with. */
export function checkOpenOptions(options: OpenOptions): void {
  if (typeof options !== "object" || options === null) throw new TypeError(`openDevice: the options are an object, got ${shown(options)}`);
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new TypeError(`openDevice: the options are ${NAMES.join(", ")}, got ${shown(unknown)}`);
  const { precision = "f32", threads = 1, maxMemory = FOUR_GIB, relaxed = false, clock = false, core } = options;
  if (precision !== "f32" && precision !== "f64") {
    const advice = '"f64" is for gradient checks on the cpu; a decoder has f16 weights by vae.decoder({ precision: "f16" })';
    throw new RangeError(`openDevice: precision is "f32" or "f64", got ${shown(precision)} (${advice})`);
  }
  if (!Number.isSafeInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new RangeError(`openDevice: threads is a whole number from 1 to ${MOST_THREADS}, got ${shown(threads)}`);
  }
  if (typeof maxMemory !== "number" || !(maxMemory >= 65536 && maxMemory <= FOUR_GIB)) {
    throw new RangeError(`openDevice: maxMemory is from 65536 bytes (64 KiB) to ${FOUR_GIB} (4 GiB), got ${shown(maxMemory)}`);
  }
  for (const [name, value] of Object.entries({ relaxed, clock })) {
    if (typeof value !== "boolean") throw new TypeError(`openDevice: ${name} is true or false, got ${shown(value)}`);
  }
  if (typeof core === "object" && core !== null) checkCore(core);
  else if (core !== undefined && !CORES.includes(core)) throw new RangeError(`openDevice: the cores are ${CORES.join(", ")}, got ${shown(core)}`);
  checkReplacements(options);
}

/** A core of somebody's own must be whole. */
function checkCore(core: Partial<Core>): void {
  const { name, shader, tile } = core;
  if (typeof name === "string" && typeof shader?.name === "string" && Array.isArray(shader.uses) && typeof tile === "function") return;
  throw new TypeError(
    `openDevice: a core has a name, a shader { name, source, uses } and tile(rows, columns), got ${Object.keys(core).join(", ") || "{}"}`,
  );
}

/** Text in quotes, so that "2" is not taken for 2. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
