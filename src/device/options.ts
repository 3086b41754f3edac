/** What a device is opened with, checked before anything is opened. */
import { checkOptions, FLAG, isPlain, number, oneOf, type Checks } from "../check.ts";
import type { CpuOptions } from "./cpu.ts";
import type { WasmOptions } from "./wasm/wasm.ts";
import type { WebGpuOptions } from "./webgpu/adapter.ts";
import type { CoreName } from "./webgpu/cores.ts";

/** What a device is opened with; each device has its own, and leaves the others' alone. */
export interface OpenOptions extends CpuOptions, WasmOptions, WebGpuOptions {}

const FOUR_GIB = 2 ** 32;
const CORES: readonly unknown[] = ["quad", "registers", "workgroup"] satisfies CoreName[];

/** A core of somebody's own, and what replaces a kernel, are looked at where they are used. */
const OPTIONS: Checks<keyof OpenOptions> = {
  precision: oneOf(["f32", "f64"], "f16 is for the weights of vae.decoder"),
  threads: number("is a whole number from 1 to 64", (n) => Number.isInteger(n) && n >= 1 && n <= 64),
  maxMemory: number(`is from 65536 bytes (64 KiB) to ${FOUR_GIB} (4 GiB)`, (n) => n >= 65536 && n <= FOUR_GIB),
  relaxed: FLAG,
  clock: FLAG,
  core: [`is ${CORES.join(", ")} or your own`, (value) => CORES.includes(value) || Object(value) === value],
  replace: ["is { name: kernel, … }", isPlain],
};

/** Throws for options that no device has, and for values that none can be opened with. */
export function checkOpenOptions(options: OpenOptions): void {
  checkOptions("openDevice", options, OPTIONS);
}
