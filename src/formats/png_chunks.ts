/** The parts of a PNG file that its picture is made of (W3C, PNG Specification, section 5), found without decompressing anything. */
import { FormatError } from "./format_error.ts";

/** What a PNG file says of its picture, and the parts that hold it. */
export interface PngParts {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** Samples of a pixel: 1 of grey or of a palette, 2 with alpha, 3 of colour, 4 with alpha. */
  readonly samples: number;
  readonly interlaced: boolean;
  /** The compressed pixels. */
  readonly data: readonly Uint8Array[];
  /** A PNG file of the same picture: without texts, profiles and whatever else a file may hold. */
  readonly bare: readonly Uint8Array[];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER_BYTES = 13;
/** Length, type and checksum of a chunk. */
const CHUNK_BYTES = 12;
/** Samples of a pixel by the colour type. */
const SAMPLES: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);
const KEPT: ReadonlySet<string> = new Set(["IHDR", "PLTE", "tRNS", "IDAT", "IEND"]);

/** Whether bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/** The parts of a PNG file. `name` is said in errors: FormatError where a chunk is missing or longer than the file. */
export function parsePng(bytes: Uint8Array, name: string): PngParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [data, bare]: [Uint8Array[], Uint8Array[]] = [[], [bytes.subarray(0, SIGNATURE.length)]];
  let header: DataView | undefined;
  for (let at = SIGNATURE.length, type = ""; type !== "IEND";) {
    const end = at + CHUNK_BYTES <= bytes.length ? at + CHUNK_BYTES + view.getUint32(at) : Infinity;
    if (end > bytes.length)
      throw new FormatError(`${name}: a PNG file ends with its chunk IEND, got ${bytes.length} bytes without (it is truncated)`);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const chunk = bytes.subarray(at + 8, end - 4);
    if (type === "IHDR" && chunk.length === HEADER_BYTES) header ??= new DataView(chunk.buffer, chunk.byteOffset, HEADER_BYTES);
    if (header === undefined) throw new FormatError(`${name}: a PNG file begins with its chunk IHDR, got another one (it is damaged)`);
    if (type === "IDAT") data.push(chunk);
    if (KEPT.has(type)) bare.push(bytes.subarray(at, end));
    at = end;
  }
  return { ...partsOf(header!, name), data, bare };
}

function partsOf(header: DataView, name: string): Omit<PngParts, "data" | "bare"> {
  const [width, height, depth] = [header.getUint32(0), header.getUint32(4), header.getUint8(8)];
  const samples = SAMPLES.get(header.getUint8(9));
  if (width === 0 || height === 0 || samples === undefined) {
    throw new FormatError(`${name}: a PNG file has a size and a known kind of pixels, got ${width}×${height} of kind ${header.getUint8(9)}`);
  }
  return { width, height, depth, samples, interlaced: header.getUint8(12) !== 0 };
}

/** First column and row, and the steps to the next, of the seven passes of an interlaced picture (section 8.2). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** The bytes of the pixels once they are decompressed: lines of whole bytes, each after one that says how it is filtered. */
export function pixelBytes({ width, height, depth, samples, interlaced }: Omit<PngParts, "data" | "bare">): number {
  const lines = (across: number, down: number): number => (across > 0 ? down * (1 + Math.ceil((across * samples * depth) / 8)) : 0);
  if (!interlaced) return lines(width, height);
  return PASSES.reduce((sum, [x, y, dx, dy]) => sum + lines(Math.ceil((width - x) / dx), Math.max(0, Math.ceil((height - y) / dy))), 0);
}
