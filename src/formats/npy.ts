/** NPY, one array of NumPy: a magic number, a version, a header that is a Python dict literal, and the values (NumPy Enhancement Proposal 1). */
import { bytesOf, type Check, checkValue, NUMBERS, TEXT } from "../check.ts";
import { quoted } from "../text.ts";
import { FormatError } from "./format_error.ts";
import { numberOfHalf } from "./half.ts";
import { parseNpyHeader } from "./npy_header.ts";

/** The kinds of number in NPY files. */
export type NpyData = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** An array, row-major. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** Row-major. 64-bit integers become f64 where they fit exactly, 16-bit floats f32; truth values become bytes of 0 and 1. */
  readonly data: NpyData;
  /** The dtype, as `<f4`. */
  readonly descr: string;
}

/** How the values of one type are read: an array for `n` of them, and the value at a byte, of either order of bytes. */
interface Reader {
  readonly bytes: number;
  make(n: number): NpyData;
  at(view: DataView, offset: number, little: boolean): number;
}

const READERS: ReadonlyMap<string, Reader> = new Map([
  ["b1", { bytes: 1, make: (n) => new Uint8Array(n), at: (view, offset) => Number(view.getUint8(offset) !== 0) }],
  ["u1", { bytes: 1, make: (n) => new Uint8Array(n), at: (view, offset) => view.getUint8(offset) }],
  ["i1", { bytes: 1, make: (n) => new Int8Array(n), at: (view, offset) => view.getInt8(offset) }],
  ["u2", { bytes: 2, make: (n) => new Uint16Array(n), at: (view, offset, little) => view.getUint16(offset, little) }],
  ["i2", { bytes: 2, make: (n) => new Int16Array(n), at: (view, offset, little) => view.getInt16(offset, little) }],
  ["u4", { bytes: 4, make: (n) => new Uint32Array(n), at: (view, offset, little) => view.getUint32(offset, little) }],
  ["i4", { bytes: 4, make: (n) => new Int32Array(n), at: (view, offset, little) => view.getInt32(offset, little) }],
  ["u8", { bytes: 8, make: (n) => new Float64Array(n), at: (view, offset, little) => exact(view.getBigUint64(offset, little)) }],
  ["i8", { bytes: 8, make: (n) => new Float64Array(n), at: (view, offset, little) => exact(view.getBigInt64(offset, little)) }],
  ["f2", { bytes: 2, make: (n) => new Float32Array(n), at: (view, offset, little) => numberOfHalf(view.getUint16(offset, little)) }],
  ["f4", { bytes: 4, make: (n) => new Float32Array(n), at: (view, offset, little) => view.getFloat32(offset, little) }],
  ["f8", { bytes: 8, make: (n) => new Float64Array(n), at: (view, offset, little) => view.getFloat64(offset, little) }],
] satisfies [string, Reader][]);

/** A 64-bit integer as a number; Infinity, which none is, where a number would round it. */
function exact(value: bigint): number {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : Infinity;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Magic number and version. */
const PREFIX = 8;
/** The values start at a multiple of 64 bytes, so that a reader may map them. */
const ALIGNMENT = 64;

/** The array in an NPY file. `name` is said in errors: FormatError for whatever breaks the format, and for types that have no numbers. */
export function parseNpy(given: Uint8Array | ArrayBuffer, name: string): NpyArray {
  const bytes = bytesOf("parseNpy", given);
  checkValue("parseNpy", "name", name, TEXT);
  const fail = (rule: string): never => {
    throw new FormatError(`${name}: ${rule}`);
  };
  if (bytes.length < PREFIX || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    fail(`an NPY file starts with 93 "NUMPY" and a version, got ${hex(bytes.subarray(0, PREFIX))} (is it an NPY file?)`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [major, minor] = [bytes[6]!, bytes[7]!];
  if (major < 1 || major > 3 || minor !== 0) fail(`the NPY version is 1.0, 2.0 or 3.0, got ${major}.${minor}`);
  const start = PREFIX + (major === 1 ? 2 : 4);
  if (bytes.length < start) fail(`the length of the header follows the version, got ${bytes.length} bytes (it is truncated)`);
  const length = major === 1 ? view.getUint16(PREFIX, true) : view.getUint32(PREFIX, true);
  if (start + length > bytes.length) fail(`the header takes ${length} bytes, got ${bytes.length - start} (it is truncated)`);
  const { descr, shape, fortran } = parseNpyHeader(bytes.subarray(start, start + length), name);

  const reader = readerOf(descr, name);
  const size = shape.reduce((product, n) => product * n, 1);
  const want = start + length + size * reader.bytes;
  if (bytes.length !== want) {
    const why = bytes.length < want ? "it is truncated" : "there are trailing bytes";
    fail(`shape [${shape.join(", ")}] of ${descr} takes ${want} bytes, got ${bytes.length} (${why})`);
  }
  const data = reader.make(size);
  const little = descr[0] !== ">";
  const place = fortran && shape.length > 1 && size > 0 ? rowMajor(shape) : undefined;
  for (let i = 0; i < size; i++) data[place ? place() : i] = reader.at(view, start + length + i * reader.bytes, little);
  if (reader.bytes === 8 && descr[1] !== "f") {
    const large = data.indexOf(Infinity);
    if (large >= 0) fail(`64-bit integers are at most 2^53 in size, got a larger one at index ${large} (save the array as <f8)`);
  }
  return { shape, data, descr };
}

/** Where each value of an array in Fortran order stands row by row, one after the other: its first index runs fastest. */
function rowMajor(shape: readonly number[]): () => number {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, n) => product * n, 1));
  const index = shape.map(() => 0);
  let next = 0;
  return () => {
    const place = next;
    for (let axis = 0; axis < shape.length; axis++) {
      next += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      next -= index[axis]! * strides[axis]!;
      index[axis] = 0;
    }
    return place;
  };
}

function readerOf(descr: string, name: string): Reader {
  const reader = READERS.get(descr.slice(1));
  if (reader !== undefined && ("<>".includes(descr[0]!) || (reader.bytes === 1 && descr[0] === "|"))) return reader;
  throw new FormatError(`${name}: the dtype is one of ${[...READERS.keys()].join(", ")}, got ${quoted(descr)} (save x.astype('<f4'))`);
}

function hex(bytes: Uint8Array): string {
  return bytes.length === 0 ? "nothing" : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

const WRITTEN: Check = [
  "is a Float32Array, Float64Array, Uint32Array or Uint8Array",
  (data) => [Float32Array, Float64Array, Uint32Array, Uint8Array].some((type) => data instanceof type),
];

/** The bytes of an NPY 1.0 file of `<f4`, `<f8`, `<u4` or `|u1`. RangeError where the data does not fit the shape. */
export function writeNpy(shape: readonly number[], data: Float32Array | Float64Array | Uint32Array | Uint8Array): Uint8Array<ArrayBuffer> {
  checkValue("writeNpy", "shape", shape, NUMBERS);
  checkValue("writeNpy", "data", data, WRITTEN);
  const size = shape.reduce((product, n) => product * n, 1);
  if (data.length !== size) throw new RangeError(`npy: shape [${shape.join(", ")}] holds ${size} values, got ${data.length}`);
  const descr = data instanceof Uint8Array ? "|u1" : data instanceof Uint32Array ? "<u4" : `<f${data.BYTES_PER_ELEMENT}`;
  const dimensions = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${dimensions}), }`;
  const start = Math.ceil((PREFIX + 2 + dict.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(start + data.byteLength).fill(0x20, 0, start);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(PREFIX, start - PREFIX - 2, true);
  bytes.set(new TextEncoder().encode(dict), PREFIX + 2);
  bytes[start - 1] = 0x0a;
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}
