/** What a JPEG file says of its picture (ITU-T T.81, annex B), found without decoding anything. */
import { FormatError } from "./format_error.ts";

/** The size that a JPEG file says, and how many components a pixel has: 1 of grey, 3 of colour, 4 of print. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  readonly components: number;
}

/** Segments that describe a frame are C0 to CF, but for the tables among them. */
const TABLES: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const FRAME_BYTES = 8;

/** Whether bytes begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** The header of a JPEG file. `name` is said in errors: FormatError where there is none, or no end of the picture. */
export function parseJpegHeader(bytes: Uint8Array, name: string): JpegHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: JpegHeader | undefined;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    // any number of bytes FF may stand before a marker
    if (marker === 0xff) {
      at++;
      continue;
    }
    const frame = marker >= 0xc0 && marker <= 0xcf && !TABLES.has(marker);
    if (frame && at + 2 + FRAME_BYTES <= bytes.length) {
      header ??= { height: view.getUint16(at + 5), width: view.getUint16(at + 7), components: bytes[at + 9]! };
    }
    if (marker === START_OF_SCAN) return checked(header, bytes, at, name);
    at += 2 + view.getUint16(at + 2);
  }
  throw new FormatError(`${name}: a JPEG file has a header and a picture after it, got ${bytes.length} bytes without (it is truncated or damaged)`);
}

/** The header, where there is one and the picture that begins at `scan` has an end. */
function checked(header: JpegHeader | undefined, bytes: Uint8Array, scan: number, name: string): JpegHeader {
  if (header === undefined || header.width === 0 || header.height === 0) {
    throw new FormatError(
      `${name}: a JPEG file says its picture's size, got ${header ? `${header.width}×${header.height}` : "none"} (it is damaged)`,
    );
  }
  for (let at = scan; at + 1 < bytes.length; at++) if (bytes[at] === 0xff && bytes[at + 1] === END_OF_IMAGE) return header;
  throw new FormatError(`${name}: a JPEG file ends with the marker ff d9, got ${bytes.length} bytes without (it is truncated)`);
}
