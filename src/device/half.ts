/** Numbers of f16 (IEEE 754 binary16): 11 significant bits and a largest of 65504; below 2^-14 multiples of 2^-24. */
import type { TypedArray } from "../kernel.ts";

const view = new DataView(new ArrayBuffer(8));
/** Added to a number from 0 to 2^51 and taken away again it leaves a whole number, ties to even. */
const ROUND = 2 ** 52;
const INFINITY = 0x7c00;
const NAN = 0x7e00;

/** The 16 bits of the f16 nearest to x, ties to even: infinity from 65520 on. */
function halfBits(x: number): number {
  view.setFloat64(0, x);
  const high = view.getUint32(0);
  const sign = (high >>> 16) & 0x8000;
  if (Number.isNaN(x)) return sign | NAN;
  const exponent = Math.max(((high >>> 20) & 0x7ff) - 1023, -14);
  // In units of the last place, of which a normal number has 1024 to 2047: the first bit is one more in the exponent's field, and so is a carry.
  const units = Math.abs(x) * 2 ** (10 - exponent) + ROUND - ROUND;
  return sign | Math.min(1024 * (exponent + 14) + units, INFINITY);
}

function numberOf(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const units = bits & 1023;
  const magnitude = exponent === 31 ? (units === 0 ? Infinity : NaN) : exponent === 0 ? units * 2 ** -24 : (1024 + units) * 2 ** (exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/** The bits of the nearest f16. */
export function toHalves(data: TypedArray): Uint16Array {
  return Uint16Array.from(data, halfBits);
}

export function fromHalves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, numberOf);
}

/** The nearest numbers that f16 holds, for devices that keep f16 as f32. */
export function roundedToHalves(data: TypedArray): Float32Array {
  return fromHalves(toHalves(data));
}
