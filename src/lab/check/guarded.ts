/** Operands on a device, with something around each that is not to be read or written. */
import type { Device, Slice } from "../../device/device.ts";
import { BYTES } from "../../device/device.ts";
import type { Binding, Constants, DType, Kernel, TypedArray } from "../../kernel.ts";
import type { Operands } from "../subjects/subject.ts";

/** Elements before an operand, of any dtype a multiple of every device's alignment. */
const BEFORE = 256;
/** Elements behind an operand, which the kernel's binding includes: what a GPU would silently keep from outside of a binding shows here. */
const BEHIND = 64;

/** Adding to it, or multiplying by it, shows. */
const GUARD: Readonly<Record<DType, number>> = { f32: NaN, f16: NaN, u32: 0xdeadbeef, u8: 0xa5 };

interface Bound {
  readonly whole: Slice;
  readonly view: Slice;
  /** The operand with its guards, as it is before each launch. */
  readonly before: TypedArray;
  readonly length: number;
}

/** What a launch left behind. */
export interface LaunchOutcome {
  /** The outputs; null for those absent. */
  readonly outputs: readonly (TypedArray | null)[];
  /** The first element outside of an output that was written, by its place in it: −1 is the one before the first. */
  readonly strayed: { readonly output: number; readonly index: number } | undefined;
}

/** One launch with its operands, to be run as often as wanted. */
export class GuardedLaunch {
  readonly #device: Device;
  readonly #kernel: Kernel;
  readonly #operands: Operands;
  readonly #inputs: (Bound | null)[] = [];
  readonly #outputs: (Bound | null)[] = [];

  constructor(device: Device, kernel: Kernel, operands: Operands) {
    this.#device = device;
    this.#kernel = kernel;
    this.#operands = operands;
    try {
      operands.inputs.forEach((x, i) => this.#inputs.push(this.#bind(kernel.inputs[i]!, x)));
      operands.outputs.forEach((x, i) => this.#outputs.push(this.#bind(kernel.outputs[i]!, x)));
    } catch (error) {
      this.free();
      throw error;
    }
  }

  #bind(binding: Binding, x: TypedArray | number | null): Bound | null {
    if (x === null) return null;
    const dtype = dtypeOf(binding, x, this.#operands.constants);
    const length = typeof x === "number" ? x : x.length;
    const before = arrayOf(dtype, BEFORE + length + BEHIND).fill(GUARD[dtype]);
    if (typeof x !== "number") before.set(x, BEFORE);
    const whole = this.#device.alloc(dtype, before.length, "unscoped");
    this.#device.write(whole, before);
    return { whole, view: whole.view(BEFORE, length + BEHIND), before, length };
  }

  /** Puts the outputs as they were, launches, and reads them. */
  async run(): Promise<LaunchOutcome> {
    for (const output of this.#outputs) if (output) this.#device.write(output.whole, output.before);
    const slices = (bound: readonly (Bound | null)[]): (Slice | null)[] => bound.map((b) => b?.view ?? null);
    const { params, constants } = this.#operands;
    this.#device.run(this.#kernel, slices(this.#inputs), slices(this.#outputs), params, constants);
    const after: (TypedArray | null)[] = [];
    for (const output of this.#outputs) after.push(output && (await this.#device.read(output.whole)));
    const outputs = after.map((values, o) => values && values.subarray(BEFORE, BEFORE + this.#outputs[o]!.length));
    for (const [o, output] of this.#outputs.entries()) {
      const index = output ? strayIn(output, after[o]!) : undefined;
      if (index !== undefined) return { outputs, strayed: { output: o, index } };
    }
    return { outputs, strayed: undefined };
  }

  free(): void {
    for (const bound of [...this.#inputs, ...this.#outputs]) if (bound) this.#device.free(bound.whole);
  }
}

/** The first guard that changed. */
function strayIn({ before, length }: Bound, after: TypedArray): number | undefined {
  for (let i = 0; i < after.length; i++) {
    const guard = i < BEFORE || i >= BEFORE + length;
    if (guard && !Object.is(after[i], before[i])) return i - BEFORE;
  }
  return undefined;
}

/** Throws RangeError for what a device cannot bind, with the name of the limit. */
export function checkLimits(device: Device, { name, inputs, outputs }: Kernel, operands: Operands): void {
  if (inputs.length + outputs.length > device.bindings) {
    throw new RangeError(
      `${name}: a launch binds ${inputs.length + outputs.length} slices, the adapter at most ${device.bindings} (maxStorageBuffersPerShaderStage)`,
    );
  }
  const check = (role: string, bindings: readonly Binding[], all: readonly (TypedArray | number | null)[]): void =>
    all.forEach((x, i) => {
      if (x === null) return;
      const bytes = (typeof x === "number" ? x : x.length) * BYTES[dtypeOf(bindings[i]!, x, operands.constants)];
      if (bytes > device.largest) {
        throw new RangeError(
          `${name}: ${role} ${i} takes ${bytes} bytes, the adapter binds at most ${device.largest} (maxStorageBufferBindingSize; use smaller sizes)`,
        );
      }
    });
  check("input", inputs, operands.inputs);
  check("output", outputs, operands.outputs);
}

/** The dtype of an operand: bytes are u8 where a binding takes both, weights f16 where the constant HALF says so. */
export function dtypeOf(binding: Binding, x: TypedArray | number, constants: Constants | undefined): DType {
  if (binding === "data") return x instanceof Uint8Array ? "u8" : "f32";
  if (binding === "weight") return constants?.["HALF"] ? "f16" : "f32";
  return binding.replace("?", "") as DType;
}

function arrayOf(dtype: DType, length: number): Uint8Array | Uint32Array | Float64Array {
  return dtype === "u8" ? new Uint8Array(length) : dtype === "u32" ? new Uint32Array(length) : new Float64Array(length);
}
