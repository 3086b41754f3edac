import { type Check, checkOptions, type Checks, COUNT } from "../check.ts";
import { encode } from "fast-png";

/** Bytes of an image, row after row. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** [height, width] or [height, width, 3], one byte per channel. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

const BYTES: Check = ["is a Uint8Array", (value) => value instanceof Uint8Array || value instanceof Uint8ClampedArray];
const IMAGE: Checks<keyof Image> = { width: COUNT, height: COUNT, data: BYTES };

/** The PNG file of a grey image, or of one in red, green and blue, by the length of its data. */
export function encodePng(image: Image): Uint8Array {
  checkOptions("encodePng", image, IMAGE, ["width", "height", "data"], "an image is");
  const { width, height, data } = image;
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3)
    throw new RangeError(`encodePng: an image has 1 or 3 bytes per pixel, got ${data.length} for ${width}×${height}`);
  return encode({ width, height, data, channels, depth: 8 });
}
