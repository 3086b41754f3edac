/** The frame that every chart shares: a plot area, a light grid, and numbers along two sides. */
import { coordinate, element, escapeText } from "./svg.ts";

export interface Interval {
  readonly from: number;
  readonly to: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Axes {
  /** From values to pixels. */
  x(value: number): number;
  y(value: number): number;
  readonly svg: string;
}

/** Room for the numbers and the names of the axes, in pixels. */
const LEFT = 56;
const BOTTOM = 40;
const RIGHT = 12;
const TOP = 10;

/** The style of all charts; `currentColor` follows the page, so that they are readable on light and dark ones. */
export const CHART_STYLE = `.grid{stroke:currentColor;stroke-opacity:.13}.chart text{fill:currentColor;font:12px system-ui,sans-serif}.chart .name{fill-opacity:.7}`;

/** About `count` round numbers (1, 2 or 5 times a power of ten apart) within an interval. */
export function ticks({ from, to }: Interval, count: number): number[] {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}

/** A number as an axis shows it: what a product leaves in the last bits is rounded away. */
function shown(value: number): string {
  const text = String(Number(value.toPrecision(6)));
  return text.replace("-", "−");
}

/** The least and the greatest finite value, with `margin` of their distance added at both ends; never of length 0. */
export function intervalOf(values: Iterable<number>, margin: number): Interval {
  let from = Infinity;
  let to = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    from = Math.min(from, value);
    to = Math.max(to, value);
  }
  if (from > to) return { from: 0, to: 1 };
  const room = to > from ? margin * (to - from) : Math.abs(from) / 10 || 1;
  return { from: from - room, to: to + room };
}

/** Axes over the intervals `x` and `y` in a picture of the given size; `names` are written below and beside them. */
export function axes(size: Size, x: Interval, y: Interval, names: { readonly x: string; readonly y: string }, xTicks: readonly number[]): Axes {
  const right = size.width - RIGHT;
  const bottom = size.height - BOTTOM;
  const across = (value: number): number => LEFT + ((value - x.from) / (x.to - x.from)) * (right - LEFT);
  const down = (value: number): number => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - TOP);
  const vertical = xTicks.map((value) => {
    const at = coordinate(across(value));
    return line(at, TOP, at, bottom) + text(at, bottom + 16, "middle", shown(value));
  });
  const horizontal = ticks(y, 7).map((value) => {
    const at = coordinate(down(value));
    return line(LEFT, at, right, at) + text(LEFT - 6, at, "end", shown(value), { dy: "0.35em" });
  });
  const middle = (TOP + bottom) / 2;
  const nameX = text((LEFT + right) / 2, size.height - 6, "middle", names.x, { class: "name" });
  const nameY = text(12, middle, "middle", names.y, { class: "name", transform: `rotate(-90 12 ${middle})` });
  return { x: across, y: down, svg: [...vertical, ...horizontal, nameX, nameY].join("") };
}

function line(x1: number | string, y1: number | string, x2: number | string, y2: number | string): string {
  return element("line", { class: "grid", x1, y1, x2, y2 });
}

function text(x: number | string, y: number | string, anchor: string, content: string, more: Readonly<Record<string, string>> = {}): string {
  return element("text", { x, y, "text-anchor": anchor, ...more }, escapeText(content));
}

/** The picture around what is drawn; `label` is what a screen reader says. */
export function chart({ width, height }: Size, label: string, ...content: readonly string[]): string {
  const attributes = { class: "chart", xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return element("svg", { ...attributes, role: "img", "aria-label": label }, ...content);
}
