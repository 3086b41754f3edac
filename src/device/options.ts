/** What a device is opened with, checked before anything is opened. */
import type { CpuOptions } from "./cpu.ts";
import { checkReplacements } from "./replace.ts";
import type { WasmOptions } from "./wasm/wasm.ts";
import type { WebGpuOptions } from "./webgpu/adapter.ts";
import type { CoreName } from "./webgpu/cores.ts";

/** What a device is opened with; each device has its own, and leaves the others' alone. */
export interface OpenOptions extends CpuOptions, WasmOptions, WebGpuOptions {}

const FOUR_GIB = 2 ** 32;
const CORES: readonly unknown[] = ["quad", "registers", "workgroup"] satisfies CoreName[];
const flag = [(value: unknown) => typeof value === "boolean", "is true or false"] as const;

/** Whether a value is right, and what is; a core of somebody's own is looked at where it is used. */
const RULES: Readonly<Record<keyof OpenOptions, readonly [isRight: (value: never) => boolean, rule: string]>> = {
  precision: [(value) => value === "f32" || value === "f64", 'is "f32" or "f64"'],
  threads: [(value) => Number.isInteger(value) && value >= 1 && value <= 64, "is a whole number from 1 to 64"],
  maxMemory: [(value) => Number(value) === value && value >= 65536 && value <= FOUR_GIB, `is from 65536 bytes (64 KiB) to ${FOUR_GIB} (4 GiB)`],
  relaxed: flag,
  clock: flag,
  core: [(value) => CORES.includes(value) || Object(value) === value, `is ${CORES.join(", ")} or your own`],
  replace: [(value) => Object(value) === value, "is { name: kernel, … }"],
};

/** Throws for options that no device has, and for values that none can be opened with. */
export function checkOpenOptions(options: OpenOptions): void {
  if (Object(options) !== options) throw new TypeError(`openDevice: the options are an object, got ${JSON.stringify(options)}`);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(RULES, name)) throw new TypeError(`openDevice: the options are ${Object.keys(RULES).join(", ")}, got "${name}"`);
    const [isRight, rule] = RULES[name as keyof OpenOptions];
    if (value === undefined || isRight(value as never)) continue;
    const advice = name === "precision" ? " (f16 is for the weights of vae.decoder)" : "";
    throw new RangeError(`openDevice: ${name} ${rule}, got ${typeof value === "string" ? `"${value}"` : String(value)}${advice}`);
  }
  checkReplacements(options);
}
