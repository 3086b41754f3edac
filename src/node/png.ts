import { encode } from "fast-png";

/** The PNG file of a grey image, `data` [height, width] with one byte per pixel. */
export function encodePng(image: { readonly width: number; readonly height: number; readonly data: Uint8Array }): Uint8Array {
  return encode({ width: image.width, height: image.height, data: image.data, channels: 1, depth: 8 });
}
