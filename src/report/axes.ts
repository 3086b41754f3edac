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

/** A word or a number of the frame, its middle at height y. */
export interface AxisText {
  readonly x: number;
  readonly y: number;
  readonly anchor: "middle" | "end";
  readonly content: string;
  /** The name of an axis rather than a number on it. */
  readonly name?: boolean;
  /** From below upwards, turned about (x, y). */
  readonly upright?: boolean;
}

export interface AxisLine {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** What is drawn around the values of a chart. */
export interface Frame {
  /** From values to pixels. */
  x(value: number): number;
  y(value: number): number;
  readonly lines: readonly AxisLine[];
  readonly texts: readonly AxisText[];
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

/** The frame over the intervals `x` and `y` in a picture of the given size; `names` are written below and beside it. */
export function frameOf(size: Size, x: Interval, y: Interval, names: { readonly x: string; readonly y: string }, xTicks: readonly number[]): Frame {
  const right = size.width - RIGHT;
  const bottom = size.height - BOTTOM;
  const across = (value: number): number => LEFT + ((value - x.from) / (x.to - x.from)) * (right - LEFT);
  const down = (value: number): number => bottom - ((value - y.from) / (y.to - y.from)) * (bottom - TOP);
  const marks = [...xTicks].map((value) => ({ at: across(value), content: shown(value) }));
  const levels = ticks(y, 7).map((value) => ({ at: down(value), content: shown(value) }));
  return {
    x: across,
    y: down,
    lines: [
      ...marks.map(({ at }) => ({ x1: at, y1: TOP, x2: at, y2: bottom })),
      ...levels.map(({ at }) => ({ x1: LEFT, y1: at, x2: right, y2: at })),
    ],
    texts: [
      ...marks.map(({ at, content }) => ({ x: at, y: bottom + 12, anchor: "middle" as const, content })),
      ...levels.map(({ at, content }) => ({ x: LEFT - 6, y: at, anchor: "end" as const, content })),
      { x: (LEFT + right) / 2, y: size.height - 10, anchor: "middle", content: names.x, name: true },
      { x: 8, y: (TOP + bottom) / 2, anchor: "middle", content: names.y, name: true, upright: true },
    ],
  };
}

/** A frame as SVG. */
export function frameSvg({ lines, texts }: Frame): string {
  const line = ({ x1, y1, x2, y2 }: AxisLine): string => {
    return element("line", { class: "grid", x1: coordinate(x1), y1: coordinate(y1), x2: coordinate(x2), y2: coordinate(y2) });
  };
  const text = ({ x, y, anchor, content, name, upright }: AxisText): string => {
    const at = { x: coordinate(x), y: coordinate(y), "text-anchor": anchor, dy: "0.35em" };
    const more = { ...(name && { class: "name" }), ...(upright && { transform: `rotate(-90 ${at.x} ${at.y})` }) };
    return element("text", { ...at, ...more }, escapeText(content));
  };
  return [...lines.map(line), ...texts.map(text)].join("");
}

/** The picture around what is drawn; `label` is what a screen reader says. */
export function chart({ width, height }: Size, label: string, ...content: readonly string[]): string {
  const attributes = { class: "chart", xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height };
  return element("svg", { ...attributes, role: "img", "aria-label": label }, ...content);
}
