/** One picture from the bytes of its file: PNG or JPEG, as bytes of grey or of red, green and blue. */
import { inflateSync } from "node:zlib";
import { decode as decodePngFile, type DecodedPng } from "fast-png";
import jpeg from "jpeg-js";
import type { Pixels } from "../data/resize.ts";
import { FormatError } from "../formats/format_error.ts";
import { isJpeg, parseJpegHeader } from "../formats/jpeg_header.ts";
import { isPng, parsePng, pixelBytes, type PngParts } from "../formats/png_chunks.ts";

/** The most pixels of a picture: files of a few bytes can say that they have any number. */
const MOST_PIXELS = 2 ** 25;
/** What decoding a JPEG file of that many may take. */
const JPEG_MEGABYTES = 1024;

/** A file whose header has been read. */
export interface PictureFile {
  readonly width: number;
  readonly height: number;
  /** The picture: of one channel where each pixel has as much red as green and blue. FormatError where it is damaged. */
  decode(): Pixels;
}

/** The size that a file says, checked before anything is decoded. `name` is said in errors: FormatError for what is no picture. */
export function openPicture(bytes: Uint8Array, name: string): PictureFile {
  if (isPng(bytes)) {
    const parts = parsePng(bytes, name);
    return { ...checkedSize(parts, name), decode: () => decoded(name, () => pngPixels(parts)) };
  }
  if (isJpeg(bytes)) {
    const header = parseJpegHeader(bytes, name);
    return { ...checkedSize(header, name), decode: () => decoded(name, () => jpegPixels(bytes, header)) };
  }
  throw new FormatError(`${name}: a picture is a PNG or a JPEG file, got ${bytes.length === 0 ? "0 bytes (it is empty)" : "other contents"}`);
}

function checkedSize({ width, height }: { readonly width: number; readonly height: number }, name: string): { width: number; height: number } {
  if (width * height <= MOST_PIXELS) return { width, height };
  throw new FormatError(`${name}: a picture has at most ${MOST_PIXELS} pixels, got ${width}×${height} (shrink it)`);
}

/** The picture, with one channel where that says all; whatever the packages throw is what the file is blamed for. */
function decoded(name: string, decode: () => Pixels): Pixels {
  try {
    return leastChannels(decode());
  } catch (error) {
    throw new FormatError(`${name}: the picture can be decoded, got ${(error as Error).message} (it is damaged)`, { cause: error });
  }
}

function leastChannels(picture: Pixels): Pixels {
  const { width, height, channels, data } = picture;
  if (channels === 1) return picture;
  for (let i = 0; i < data.length; i += 3) if (data[i] !== data[i + 1] || data[i] !== data[i + 2]) return picture;
  return { width, height, channels: 1, data: Uint8Array.from({ length: width * height }, (_, pixel) => data[3 * pixel]!) };
}

function jpegPixels(bytes: Uint8Array, { width, height }: { readonly width: number; readonly height: number }): Pixels {
  const made = jpeg.decode(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_PIXELS / 1e6,
    maxMemoryUsageInMB: JPEG_MEGABYTES,
  });
  if (made.width !== width || made.height !== height) throw new Error(`a second size, ${made.width}×${made.height}`);
  return { width, height, channels: 3, data: made.data };
}

function pngPixels(parts: PngParts): Pixels {
  const { width, height, depth, interlaced } = parts;
  if (interlaced && depth < 8) throw new Error(`interlaced pixels of ${depth} bits, which are not read`);
  checkInflates(parts);
  const png = decodePngFile(Buffer.concat(parts.bare), { checkCrc: true });
  return { width, height, ...onWhite(png) };
}

/** Throws unless the data is as long as the size says, which is found out without more memory than that. */
function checkInflates(parts: PngParts): void {
  const want = pixelBytes(parts);
  const { length } = inflateSync(Buffer.concat(parts.data), { maxOutputLength: want });
  if (length < want) throw new Error(`${length} bytes of pixels where its size takes ${want}`);
}

/** What of a pixel is opaque is laid over white: channel = alpha·channel + (1 − alpha)·255, in bytes. */
function onWhite(png: DecodedPng): Pick<Pixels, "channels" | "data"> {
  const samples = samplesOf(png);
  const { palette, transparency: clear } = png;
  const perPixel = palette ? 1 : png.channels;
  const channels = palette || perPixel > 2 ? 3 : 1;
  const white = palette ? 255 : 2 ** png.depth - 1;
  const data = new Uint8Array(png.width * png.height * channels);
  for (let pixel = 0; pixel < png.width * png.height; pixel++) {
    const own = samples.subarray(pixel * perPixel, (pixel + 1) * perPixel);
    const colour: ArrayLike<number> | undefined = palette ? palette[own[0]!] : own;
    if (colour === undefined) throw new Error(`colour ${own[0]} of a palette of ${palette!.length}`);
    const isClear = clear?.length === perPixel && own.every((sample, i) => sample === clear[i]);
    const alpha = isClear ? 0 : (colour.length > channels ? colour[channels]! : white) / white;
    for (let c = 0; c < channels; c++) data[pixel * channels + c] = Math.round(255 * ((alpha * colour[c]!) / white + 1 - alpha));
  }
  return { channels, data };
}

/** The samples one by one: those of fewer than 8 bits stand side by side in a byte, the first in the highest bits, and lines begin with a byte. */
function samplesOf({ width, height, channels, depth, data }: DecodedPng): Uint8Array | Uint16Array | Uint8ClampedArray {
  if (depth >= 8) return data;
  const [perLine, lineBytes] = [width * channels, Math.ceil((width * channels * depth) / 8)];
  const samples = new Uint8Array(perLine * height);
  for (let i = 0; i < samples.length; i++) {
    const bit = (i % perLine) * depth;
    const byte = data[Math.floor(i / perLine) * lineBytes + (bit >> 3)]!;
    samples[i] = (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  }
  return samples;
}
