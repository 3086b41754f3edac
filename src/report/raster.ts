/** Drawing on pixels what a chart consists of: lines, dots and words. */
import type { Colour } from "./colours.ts";
import { GLYPH_ROWS, textColumns } from "./glyphs.ts";

export interface ColourImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3]. */
  readonly data: Uint8Array;
}

/** How something is drawn: its colour, and how much of it is mixed with what is there. */
export interface Ink {
  readonly colour: Colour;
  readonly opacity: number;
}

/** The pixels of one unit in each direction. */
const PIXELS = 2;

/** A white sheet of `width` × `height` units, drawn on in units. */
export class Raster implements ColourImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  constructor(width: number, height: number) {
    this.width = Math.round(PIXELS * width);
    this.height = Math.round(PIXELS * height);
    this.data = new Uint8Array(3 * this.width * this.height).fill(255);
  }

  #mix(x: number, y: number, { colour, opacity }: Ink): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    const at = 3 * (y * this.width + x);
    for (let channel = 0; channel < 3; channel++) this.data[at + channel]! += Math.round(opacity * (colour[channel]! - this.data[at + channel]!));
  }

  /** A line of one unit's width, along an axis. */
  line(x1: number, y1: number, x2: number, y2: number, ink: Ink): void {
    const [left, top, right, bottom] = [x1 - 0.5, y1 - 0.5, x2 + 0.5, y2 + 0.5].map((at) => Math.round(PIXELS * at));
    for (let y = top!; y < bottom!; y++) for (let x = left!; x < right!; x++) this.#mix(x, y, ink);
  }

  /** A disc; the pixels at its edge have as much of it as they are nearer than its edge. */
  dot(x: number, y: number, radius: number, { colour, opacity }: Ink): void {
    const [cx, cy, r] = [PIXELS * x, PIXELS * y, PIXELS * radius];
    for (let py = Math.floor(cy - r); py <= cy + r; py++) {
      for (let px = Math.floor(cx - r); px <= cx + r; px++) {
        const covered = Math.min(1, r + 0.5 - Math.hypot(px + 0.5 - cx, py + 0.5 - cy));
        if (covered > 0) this.#mix(px, py, { colour, opacity: opacity * covered });
      }
    }
  }

  /** A line of text whose middle is at height y, and whose start, middle or end at x; upright: from below upwards, turned about (x, y). */
  text(x: number, y: number, anchor: "start" | "middle" | "end", text: string, ink: Ink, upright: boolean = false): void {
    const columns = textColumns(text);
    const before = { start: 0, middle: columns.length / 2, end: columns.length }[anchor];
    const [originX, originY] = [Math.round(PIXELS * x), Math.round(PIXELS * y)];
    columns.forEach((bits, column) => {
      for (let row = 0; row < GLYPH_ROWS; row++) {
        if (((bits >> row) & 1) === 0) continue;
        const [along, across] = [Math.round(PIXELS * (column - before)), PIXELS * row - Math.round(3.5 * PIXELS)];
        this.#square(upright ? [originX + across, originY - along - PIXELS] : [originX + along, originY + across], ink);
      }
    });
  }

  #square([left, top]: readonly [number, number], ink: Ink): void {
    for (let y = top; y < top + PIXELS; y++) for (let x = left; x < left + PIXELS; x++) this.#mix(x, y, ink);
  }
}

/** The width of a line of text, in units. */
export function textWidth(text: string): number {
  return textColumns(text).length;
}
