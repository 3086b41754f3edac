/** The element types of safetensors files, and the arrays that hold them in memory: each value exactly. */
import { numberOfHalf } from "./half.ts";

/** The arrays that safetensors files hold. */
export type TensorData =
  Float64Array | Float32Array | BigInt64Array | BigUint64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** The arrays whose bytes are those of the file. */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  U64: BigUint64Array,
  I32: Int32Array,
  U32: Uint32Array,
  I16: Int16Array,
  U16: Uint16Array,
  I8: Int8Array,
  U8: Uint8Array,
} as const;

interface StoredType {
  readonly bytes: number;
  /** The values of a buffer that holds nothing else. */
  readonly read: (buffer: ArrayBuffer) => TensorData;
}

/** By their names in a header. */
export const TYPES: ReadonlyMap<string, StoredType> = new Map<string, StoredType>([
  ...Object.entries(ARRAYS).map(([name, type]): [string, StoredType] => [
    name,
    { bytes: type.BYTES_PER_ELEMENT, read: (buffer) => new type(buffer) },
  ]),
  ["F16", { bytes: 2, read: (buffer) => Float32Array.from(new Uint16Array(buffer), numberOfHalf) }],
  // the upper half of an f32
  ["BF16", { bytes: 2, read: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer) }],
  ["BOOL", { bytes: 1, read: (buffer) => new Uint8Array(buffer).map((byte) => Number(byte !== 0)) }],
]);

/** The name of the type that an array is written as. */
export function typeOf(data: TensorData): string {
  const found = Object.entries(ARRAYS).find(([, array]) => data instanceof array);
  if (found) return found[0];
  throw new TypeError(`safetensors: data is a typed array of ${Object.keys(ARRAYS).join(", ")}, got ${Object.prototype.toString.call(data)}`);
}
