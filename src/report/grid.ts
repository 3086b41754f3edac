/** Pictures of many small images side by side. */

export interface PixelImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, channels], one byte per channel: 1 of grey, or 3 of red, green and blue; 0 is black. */
  readonly data: Uint8Array;
}

/** Pixels between two tiles, and their grey. */
const SEPARATOR = 2;
const SEPARATOR_GREY = 128;

/** grey = round(255·value), for values in [0, 1]; what lies outside is clamped. */
export function greyBytes(values: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * Math.min(Math.max(value, 0), 1)));
}

/** `tiles` [count, height, width, channels] → one image of rows of `columns` tiles, in order; the places that are left over have the separators' grey. */
export function tileGrid(tiles: Uint8Array, width: number, height: number, columns: number, channels: number = 1): PixelImage {
  const bytes = width * height * channels;
  const count = tiles.length / bytes;
  if (!Number.isInteger(count) || count === 0) {
    throw new RangeError(`tileGrid: tiles of ${width}×${height} have ${bytes} bytes each, got ${tiles.length} bytes`);
  }
  const across = Math.min(columns, count);
  const down = Math.ceil(count / columns);
  const total = { width: across * (width + SEPARATOR) - SEPARATOR, height: down * (height + SEPARATOR) - SEPARATOR };
  const data = new Uint8Array(total.width * total.height * channels).fill(SEPARATOR_GREY);
  for (let tile = 0; tile < count; tile++) {
    const left = (tile % columns) * (width + SEPARATOR);
    const top = Math.floor(tile / columns) * (height + SEPARATOR);
    for (let y = 0; y < height; y++) {
      const row = (tile * height + y) * width * channels;
      data.set(tiles.subarray(row, row + width * channels), ((top + y) * total.width + left) * channels);
    }
  }
  return { ...total, data };
}

/** Pixels of the longer side from which on a picture is seen without a lens. */
const SEEN = 400;

/** Each pixel as a square of them: as many across as bring the longer side to at least `least` pixels. */
export function enlarged({ width, height, data }: PixelImage, least: number = SEEN): PixelImage {
  const channels = data.length / (width * height);
  const factor = Math.ceil(least / Math.max(width, height));
  const large = { width: factor * width, height: factor * height, data: new Uint8Array(factor * factor * data.length) };
  for (let y = 0; y < large.height; y++) {
    const row = Math.floor(y / factor) * width;
    for (let x = 0; x < large.width; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) large.data[(y * large.width + x) * channels + c] = data[from + c]!;
    }
  }
  return large;
}

/** Rows of `columns` originals, each above the row of its reconstructions: both are [count, height, width, channels], count a multiple of `columns`. */
export function pairGrid(
  originals: Uint8Array,
  reconstructions: Uint8Array,
  width: number,
  height: number,
  columns: number,
  channels: number = 1,
): PixelImage {
  const row = columns * width * height * channels;
  if (originals.length !== reconstructions.length || originals.length % row !== 0) {
    throw new RangeError(
      `pairGrid: originals and reconstructions are equally many rows of ${columns} tiles of ${width}×${height}, got ${originals.length} and ${reconstructions.length} bytes`,
    );
  }
  const tiles = new Uint8Array(2 * originals.length);
  for (let start = 0; start < originals.length; start += row) {
    tiles.set(originals.subarray(start, start + row), 2 * start);
    tiles.set(reconstructions.subarray(start, start + row), 2 * start + row);
  }
  return tileGrid(tiles, width, height, columns, channels);
}
