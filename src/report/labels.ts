/** Where names of points go, so that none lies on another. */
import { coordinate } from "./svg.ts";

/** In pixels, downwards. */
export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Place {
  readonly x: string;
  /** The middle of the line of text. */
  readonly y: string;
  readonly anchor: "start" | "end";
}

/** A character of the charts' 12 pixels, about, and half a line. */
const CHARACTER = 6.4;
const HALF = 8;
/** From the middle of a point to its name. */
const GAP = 9;

/** Beside a point, or further up or down: the nearest place that is free, which is taken from then on; the nearest of all where none is. */
export function freePlace(x: number, y: number, name: string, within: Box, taken: Box[]): Place {
  const width = CHARACTER * name.length;
  const sides = [x + GAP, x - GAP - width].filter((left) => left >= within.left && left + width <= within.right);
  const boxes = Array.from({ length: 25 }, (_, i) => Math.ceil(i / 2) * (i % 2 === 0 ? 1 : -1) * HALF)
    .flatMap((shift) => sides.map((left) => ({ left, right: left + width, top: y + shift - HALF, bottom: y + shift + HALF })))
    .filter((box) => box.top >= within.top && box.bottom <= within.bottom);
  const box = boxes.find((one) => !taken.some((other) => overlap(one, other))) ??
    boxes[0] ?? { left: x + GAP, right: x, top: y - HALF, bottom: y + HALF };
  taken.push(box);
  const onTheRight = box.left > x;
  return { x: coordinate(onTheRight ? box.left : box.right), y: coordinate((box.top + box.bottom) / 2), anchor: onTheRight ? "start" : "end" };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
