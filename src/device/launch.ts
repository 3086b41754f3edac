/** The checks before a launch: everything that would otherwise be found by a driver, or not at all. */
import type { Binding, DType } from "../kernel.ts";
import { type Check, shown, thing } from "../check.ts";
import { type Device, type Launch, Slice } from "./device.ts";

/** Throws unless it is a slice of the device's memory. */
export function checkOwn(call: string, slice: Slice, device: Device): void {
  if (!(slice instanceof Slice)) throw new TypeError(`${call}: a slice is memory of a device, got ${shown(slice)} (device.alloc gives one)`);
  if (slice.device !== device) throw new TypeError(`${call}: the slice belongs to another device (${slice.device.name}, this is ${device.name})`);
}

/** Throws unless the slice is usable on the device. */
export function checkUsable(call: string, slice: Slice, device: Device): void {
  checkOwn(call, slice, device);
  if (slice.freed !== undefined) throw new TypeError(`${call}: a slice of ${slice.length} ${slice.dtype} ${slice.freed}`);
}

/** What runs a kernel, or looks at one, takes this. */
export const KERNEL: Check = thing("a kernel", ["inputs", "outputs", "params", "grid", "cpu"], "see defineKernel");

export function checkLaunch(launch: Launch, device: Device): void {
  const { kernel, inputs, outputs, params } = launch;
  checkBindings(kernel.name, "input", kernel.inputs, inputs, device);
  checkBindings(kernel.name, "output", kernel.outputs, outputs, device);
  for (const output of outputs) {
    if (output && inputs.some((input) => input?.block === output.block)) {
      throw new TypeError(`${kernel.name}: one block is both read and written (WebGPU forbids it; write to another slice)`);
    }
  }
  for (const name in kernel.params) {
    const value = params[name];
    if (value === undefined) throw new TypeError(`${kernel.name}: parameter ${name} is missing`);
    if (typeof value === "object" && "word" in value && !kernel.params[name]!.startsWith("step.")) {
      throw new TypeError(
        `${kernel.name}: parameter ${name} is ${kernel.params[name]} and cannot come from the step row (declare it step.f32 or step.u32)`,
      );
    }
  }
}

function checkBindings(kernel: string, role: string, wanted: readonly Binding[], given: readonly (Slice | null)[], device: Device): void {
  if (wanted.length !== (given as typeof given | undefined)?.length)
    throw new TypeError(`${kernel}: takes ${wanted.length} ${role}s, got ${given?.length ?? shown(given)}`);
  for (let i = 0; i < wanted.length; i++) {
    const [slice, binding] = [given[i] ?? null, wanted[i]!];
    if (slice === null) {
      if (!binding.endsWith("?")) throw new TypeError(`${kernel}: ${role} ${i} is missing`);
      continue;
    }
    // the words of an error are put together only where there is one: this runs at every launch
    if (!isUsable(slice, device)) checkUsable(`${kernel}: ${role} ${i}`, slice, device);
    const dtypes = DTYPES_OF[binding];
    if (!dtypes.includes(slice.dtype)) throw new TypeError(`${kernel}: ${role} ${i} is ${dtypes.join(" or ")}, got ${slice.dtype}`);
  }
}

/** The kinds of number that a binding takes. */
const DTYPES_OF: { readonly [B in Binding]: readonly DType[] } = {
  f32: ["f32"],
  "f32?": ["f32"],
  f16: ["f16"],
  u32: ["u32"],
  "u32?": ["u32"],
  u8: ["u8"],
  data: ["f32", "u8"],
  weight: ["f32", "f16"],
};

function isUsable(slice: Slice, device: Device): boolean {
  return slice instanceof Slice && slice.device === device && slice.freed === undefined;
}
