/** Bars of durations, one below the other, each with where half of its samples lie. */
import { chart } from "./axes.ts";
import { coordinate, element, escapeText } from "./svg.ts";

export interface Bar {
  readonly name: string;
  /** Below the name, in smaller letters. */
  readonly detail: string;
  readonly value: number;
  /** The quartiles. */
  readonly lower: number;
  readonly upper: number;
  /** The value with its unit. */
  readonly text: string;
}

const WIDTH = 820;
const LEFT = 250;
/** Room for the text behind the longest bar. */
const RIGHT = 90;
const ROW = 38;
const HEIGHT = 16;
const LONGEST = 42;

export const BARS_STYLE = `.bar{fill:var(--accent);fill-opacity:.8}.whisker{fill:none;stroke:currentColor;stroke-width:1.5}.chart .detail{font-size:10.5px;fill-opacity:.65}`;

/** On one scale from 0. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...bars.map(({ value, upper }) => Math.max(value, upper)));
  const rows = bars.map((bar, i) => drawBar(bar, ROW * (i + 0.5), scale));
  return chart({ width: WIDTH, height: ROW * bars.length }, title, ...rows);
}

function drawBar({ name, detail, value, lower, upper, text }: Bar, middle: number, scale: number): string {
  const [from, to] = [lower, upper].map((ms) => coordinate(LEFT + ms * scale));
  const [top, bottom] = [middle - 4, middle + 4];
  return [
    element("text", { x: LEFT - 12, y: detail === "" ? middle : middle - 7, dy: "0.35em", "text-anchor": "end" }, escapeText(name)),
    element("text", { class: "detail", x: LEFT - 12, y: middle + 8, dy: "0.35em", "text-anchor": "end" }, escapeText(shortened(detail))),
    element("rect", { class: "bar", x: LEFT, y: middle - HEIGHT / 2, width: coordinate(value * scale), height: HEIGHT, rx: 2 }),
    element("path", { class: "whisker", d: `M${from} ${top}V${bottom}M${from} ${middle}H${to}M${to} ${top}V${bottom}` }),
    element("text", { x: coordinate(LEFT + Math.max(value, upper) * scale + 10), y: middle, dy: "0.35em" }, escapeText(text)),
  ].join("");
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
