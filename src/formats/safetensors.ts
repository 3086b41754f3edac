/**
 * safetensors: 8 bytes of header length (little-endian), a JSON header of dtype, shape and offsets by name, and the values one after the other
 * (Hugging Face, "safetensors format", 2022). Names are kept in a Map, so that `__proto__` is a name like any other.
 */
import { ANY, ARRAY, bytesOf, checkOptions, checkValue, MAP, TEXT } from "../check.ts";
import { cut, quoted } from "../text.ts";
import { FormatError } from "./format_error.ts";
import { type Fail, type Header, METADATA, parseHeader, type TensorInfo } from "./safetensors_header.ts";
import { type TensorData, typeOf, TYPES } from "./safetensors_types.ts";

/** A tensor in memory, as files hold it: row-major values. */
export interface StoredTensor<D extends TensorData = TensorData> {
  readonly shape: readonly number[];
  readonly data: D;
}

/** What a safetensors file holds, by name. */
export interface TensorFile {
  readonly tensors: Map<string, StoredTensor>;
  readonly metadata: Map<string, string>;
}

/** The header's length is limited by the format, so that a hostile file cannot make a reader parse gigabytes of JSON. */
const MAX_HEADER = 100_000_000;
/** Values start at a multiple of 8 bytes, so that a reader may map them without copying. */
const ALIGNMENT = 8;

const TENSOR = { shape: ARRAY, data: ANY };

/**
 * The bytes of a safetensors file. RangeError where the data does not fit the shape or the reserved name `__metadata__` is used, TypeError for data that is no
 * typed array and for metadata that is no text.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array<ArrayBuffer> {
  checkValue("writeSafetensors", "tensors", tensors, MAP);
  checkValue("writeSafetensors", "metadata", metadata, MAP);
  for (const [name, tensor] of tensors) {
    checkOptions("writeSafetensors", tensor, TENSOR, ["shape", "data"], `${quoted(name)} is`);
    const { shape, data } = tensor;
    if (name === METADATA) throw new RangeError(`safetensors: "${METADATA}" is reserved, got a tensor of that name`);
    const size = shape.reduce((product, n) => product * n, 1);
    if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw new RangeError(`safetensors: a shape is a list of whole numbers, got [${shape.join(", ")}] of ${quoted(name)}`);
    }
    if (data.length !== size) throw new RangeError(`safetensors: "${name}" of shape [${shape.join(", ")}] holds ${size} values, got ${data.length}`);
  }
  for (const [name, text] of metadata as ReadonlyMap<string, unknown>) {
    if (typeof text !== "string") throw new TypeError(`safetensors: metadata are texts, got ${typeof text} for ${quoted(name)}`);
  }
  // Wide types first: every tensor then starts at a multiple of its own element.
  const ordered = [...tensors].sort(([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  const fields = metadata.size > 0 ? [`${JSON.stringify(METADATA)}:${stringMap(metadata)}`] : [];
  let end = 0;
  for (const [name, { shape, data }] of ordered) {
    const info = { dtype: typeOf(data), shape, data_offsets: [end, (end += data.byteLength)] };
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`);
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const start = Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT;
  if (start - 8 > MAX_HEADER)
    throw new RangeError(`safetensors: a header has at most ${MAX_HEADER} bytes, got ${start - 8} (use fewer or shorter names)`);

  const bytes = new Uint8Array(start + end).fill(0x20, 0, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(json, 8);
  let offset = start;
  for (const [, { data }] of ordered) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset);
    offset += data.byteLength;
  }
  return bytes;
}

/** A JSON object in the map's own order; an object literal would move names that look like numbers and lose `__proto__`. */
function stringMap(map: ReadonlyMap<string, string>): string {
  return `{${[...map].map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`;
}

/**
 * The tensors and metadata of a safetensors file, copied out of `bytes`: F64, F32 and integers of 8 to 32 bits as arrays of their own type, F16 and BF16 as
 * f32, which holds them exactly, I64 and U64 as arrays of bigints, BOOL as bytes of 0 and 1. `file` is said in errors: FormatError for whatever breaks the
 * format.
 */
export function readSafetensors(given: Uint8Array | ArrayBuffer, file = "safetensors"): TensorFile {
  const fail = (rule: string): never => {
    throw new FormatError(`${file}: ${rule}`);
  };
  const bytes = bytesOf("readSafetensors", given);
  checkValue("readSafetensors", "file", file, TEXT);
  if (bytes.length < 8) fail(`a safetensors file starts with 8 bytes of header length, got ${bytes.length} bytes (it is truncated)`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  if (length > MAX_HEADER) fail(`a header has at most ${MAX_HEADER} bytes, got ${length} (is it a safetensors file?)`);
  if (8 + length > bytes.length) fail(`the header takes ${length} bytes, got ${bytes.length - 8} (it is truncated)`);
  const { tensors: infos, metadata } = readHeader(bytes.subarray(8, 8 + length), fail);
  for (const [name, info] of infos) checkInfo(name, info, fail);
  checkCoverage(infos, bytes.length - 8 - length, fail);

  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of infos) {
    // A copy by constructor, which starts at byte 0 of its buffer: `slice` of a Node Buffer would be a view.
    const { buffer } = new Uint8Array(bytes.subarray(8 + length + begin, 8 + length + end));
    tensors.set(name, { shape, data: TYPES.get(dtype)!.read(buffer) });
  }
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array, fail: Fail): Header {
  if (bytes[0] !== 0x7b) fail(`the header starts with "{", got ${bytes.length === 0 ? "nothing" : `byte ${bytes[0]}`} (is it a safetensors file?)`);
  return parseHeader(decode(bytes, fail), fail);
}

function decode(bytes: Uint8Array, fail: Fail): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("the header is UTF-8, got other bytes");
  }
}

/** The dtype is one that is known, and the offsets fit it and the shape. */
function checkInfo(name: string, { dtype, shape, begin, end }: TensorInfo, fail: Fail): void {
  const type = TYPES.get(dtype);
  if (!type)
    return fail(`the dtype of ${quoted(name)} is one of ${[...TYPES.keys()].join(", ")}, got ${quoted(dtype)} (convert it, to F32 for example)`);
  const bytes = shape.reduce((product, n) => product * n, type.bytes);
  if (end - begin !== bytes) fail(`${quoted(name)} of ${dtype} [${cut(shape.join(", "))}] takes ${bytes} bytes, got data_offsets [${begin}, ${end}]`);
}

/** The tensors fill the data without holes or overlap: nothing can hide between them. */
function checkCoverage(infos: ReadonlyMap<string, TensorInfo>, size: number, fail: Fail): void {
  let filled = 0;
  for (const [name, { begin, end }] of [...infos].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== filled) {
      fail(`tensors follow one another without ${begin > filled ? "holes" : "overlap"}, got ${quoted(name)} at ${begin} after ${filled} bytes`);
    }
    filled = end;
  }
  if (filled < size) fail(`the tensors take ${filled} bytes, got ${size} (there are trailing bytes)`);
  if (filled > size) fail(`the tensors take ${filled} bytes, got ${size} (it is truncated)`);
}
