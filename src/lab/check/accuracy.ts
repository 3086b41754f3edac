/** How accurate a device's element-wise functions are over all of f32, beside what WGSL promises. */
import { type Check, checkValue, DEVICE, numbersOf, TEXT } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import { type Unary, unaryKernel } from "../../ops/unary_op.ts";
import { unaryTable } from "../../ops/unary_rows.ts";
import { forEachBits } from "../../random.ts";
import { streams } from "../../streams.ts";
import { tensor } from "../../tensor.ts";
import { promises } from "../oracle/promises.ts";
import { unary as oracle } from "../oracle/unary.ts";
import { ulpsOf } from "../verify/agreement.ts";

/** Inputs of each sign and exponent with this many leading bits of the mantissa, the other bits at random: 2^22 in all. */
const LEADING = 13;
const RANDOM = 23 - LEADING;

/** The smallest f32 that a GPU keeps: WGSL lets it flush smaller ones to 0. */
const NORMAL = 2 ** -126;

/** What was measured of one function, or of a part of its domain. */
export interface Accuracy {
  readonly name: string;
  readonly part: string | undefined;
  readonly promise: string;
  /** Where input and result are normal numbers, 0 or ∞: the largest error in units in the last place, and its input. */
  readonly ulps: number;
  readonly ulpsAt: number;
  /** The largest |got − want|, where both are finite. */
  readonly error: number;
  readonly errorAt: number;
  /** Where one of them is subnormal: the largest error that is not explained by WGSL's leave to take it for 0, and whether that was done. */
  readonly subnormalUlps: number;
  readonly flushed: boolean;
}

/** The inputs: every sign, every exponent, every value of the mantissa's first 13 bits, and random bits behind them; ±0, ±∞ and powers of 2 too. */
export function accuracyInputs(): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(2 ** (9 + LEADING));
  forEachBits(...streams.accuracy().words, bits.length, (i, random) => {
    const leading = i % 2 ** LEADING;
    bits[i] = ((i << RANDOM) | (leading === 0 ? 0 : random >>> (32 - RANDOM))) >>> 0;
  });
  return new Float32Array(bits.buffer);
}

/** The functions that can be measured: the unary ops. */
export const accuracyNames: readonly string[] = Object.keys(unaryTable);

const NAME: Check = ["is a function that can be measured", TEXT[1], (name: string) => Object.hasOwn(unaryTable, name), "accuracyNames has them"];

/** One function's values for all inputs in f64, which share nothing with the function's own code. */
export function accuracyReference(name: string, inputs: Float32Array): Float64Array {
  checkValue("accuracyReference", "name", name, NAME);
  numbersOf("accuracyReference", "inputs", inputs);
  const { f, constants = [] } = oracle[name]!;
  return Float64Array.from(inputs, (x) => f(x, ...constants).value);
}

/** Measures one function on a device against its reference; one result for each part of its domain that has a promise of its own. */
export async function measureAccuracy(device: Device, name: string, inputs: Float32Array, want: Float64Array): Promise<Accuracy[]> {
  checkValue("measureAccuracy", "device", device, DEVICE);
  checkValue("measureAccuracy", "name", name, NAME);
  for (const [what, numbers] of Object.entries({ inputs, want })) numbersOf("measureAccuracy", what, numbers);
  const row = unaryTable[name]!;
  const got = await valuesOn(device, row, inputs);
  return partsOf(name).map(({ promise, part, within }) => {
    const worst = { ulps: 0, ulpsAt: NaN, error: 0, errorAt: NaN, subnormalUlps: 0, flushed: false };
    inputs.forEach((x, i) => {
      const [g, w] = [got[i]!, want[i]!];
      // at ±∞ a formula may have no value where it has a limit, as 0·∞
      if (!(within(x) || Number.isNaN(x)) || (Math.abs(x) === Infinity && Number.isNaN(w))) return;
      const ulps = ulpsOf(g, w, 0);
      if (isSubnormal(x) || isSubnormal(w)) {
        if (ulps > 1 && isFlushed(name, x, g, w)) worst.flushed = true;
        else worst.subnormalUlps = Math.max(worst.subnormalUlps, ulps);
        return;
      }
      const error = Math.abs(g - w);
      if (ulps > worst.ulps) [worst.ulps, worst.ulpsAt] = [ulps, x];
      if (error > worst.error && error < Infinity) [worst.error, worst.errorAt] = [error, x];
    });
    return { name, part, promise, ...worst };
  });
}

interface Part {
  readonly promise: string;
  readonly part: string | undefined;
  within(x: number): boolean;
}

/** The parts of a function's domain that have promises of their own: all of it, or the oracle's domain and the rest. */
function partsOf(name: string): readonly Part[] {
  const { promise } = promises[name]!;
  if (typeof promise === "string") return [{ promise, part: undefined, within: () => true }];
  const [low, high] = oracle[name]!.domain!;
  const isInside = (x: number): boolean => x >= low && x <= high;
  const shown = (end: number): string => (Math.abs(end) === Math.PI ? `${end < 0 ? "-" : ""}π` : String(end).replace("Infinity", "∞"));
  return [
    { promise: promise[0], part: `[${shown(low)}, ${shown(high)}]`, within: isInside },
    { promise: promise[1], part: "elsewhere", within: (x) => !isInside(x) && !Number.isNaN(x) },
  ];
}

/** Whether `got` is what is left when the input or the result is taken for 0. */
function isFlushed(name: string, x: number, got: number, want: number): boolean {
  if (isSubnormal(want) && got === 0) return true;
  const { f, constants = [] } = oracle[name]!;
  const zero = f(x < 0 ? -0 : 0, ...constants).value;
  return isSubnormal(x) && ulpsOf(got, zero) <= 1;
}

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < NORMAL;

async function valuesOn(device: Device, fn: Unary, inputs: Float32Array): Promise<ArrayLike<number>> {
  const [a = 0, b = 0] = oracle[fn.name]!.constants ?? [];
  const x = tensor(device, inputs, [inputs.length]);
  const y = device.alloc("f32", inputs.length);
  try {
    device.run(unaryKernel(fn), [x.slice], [y], { n: inputs.length, a, b, accumulate: 0 });
    return await device.read(y);
  } finally {
    device.free(y);
    x.dispose();
  }
}
