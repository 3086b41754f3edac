/** IDX, the format of the MNIST files: two zero bytes, a type, the rank, the dimensions and the values, all big-endian (LeCun, Cortes, Burges 1998). */
import { bytesOf, checkValue, TEXT } from "../check.ts";
import { FormatError } from "./format_error.ts";

/** The kinds of number in IDX files. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** An array, row-major. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: IdxData;
}

/** How the values of one type code are read: the array that holds `n` of them, and the big-endian value at a byte. */
interface Reader {
  readonly bytes: number;
  make(n: number): IdxData;
  at(view: DataView, offset: number): number;
}

const READERS: ReadonlyMap<number, Reader> = new Map([
  [0x08, { bytes: 1, make: (n) => new Uint8Array(n), at: (view, offset) => view.getUint8(offset) }],
  [0x09, { bytes: 1, make: (n) => new Int8Array(n), at: (view, offset) => view.getInt8(offset) }],
  [0x0b, { bytes: 2, make: (n) => new Int16Array(n), at: (view, offset) => view.getInt16(offset) }],
  [0x0c, { bytes: 4, make: (n) => new Int32Array(n), at: (view, offset) => view.getInt32(offset) }],
  [0x0d, { bytes: 4, make: (n) => new Float32Array(n), at: (view, offset) => view.getFloat32(offset) }],
  [0x0e, { bytes: 8, make: (n) => new Float64Array(n), at: (view, offset) => view.getFloat64(offset) }],
] satisfies [number, Reader][]);

/** The array in an IDX file. `name` is said in errors: FormatError where the magic number is wrong or the length does not fit the dimensions. */
export function parseIdx(given: Uint8Array | ArrayBuffer, name: string): IdxArray {
  const bytes = bytesOf("parseIdx", given);
  checkValue("parseIdx", "name", name, TEXT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4)
    throw new FormatError(`${name}: an IDX file starts with 4 bytes of magic number, got ${bytes.length} bytes (it is truncated)`);
  const [zero, zeroToo, code, rank] = bytes as unknown as [number, number, number, number];
  const reader = READERS.get(code);
  if (zero !== 0 || zeroToo !== 0 || reader === undefined) {
    const magic = view.getUint32(0).toString(16).padStart(8, "0");
    throw new FormatError(
      `${name}: the magic number of an IDX file is 00 00, a type from 08 to 0e and the rank, got ${magic} (is it still compressed?)`,
    );
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new FormatError(`${name}: an IDX header of rank ${rank} has ${header} bytes, got ${bytes.length} (it is truncated)`);
  }
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, n) => product * n, 1);
  const want = header + size * reader.bytes;
  if (bytes.length !== want) {
    const why = bytes.length < want ? "it is truncated" : "there are trailing bytes";
    throw new FormatError(`${name}: shape [${shape.join(", ")}] takes ${want} bytes, got ${bytes.length} (${why})`);
  }
  // A copy by constructor: `slice` of a Node Buffer would be a view.
  if (code === 0x08) return { shape, data: new Uint8Array(bytes.subarray(header)) };
  const data = reader.make(size);
  for (let i = 0; i < size; i++) data[i] = reader.at(view, header + i * reader.bytes);
  return { shape, data };
}
