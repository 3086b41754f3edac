/** Points in a plane, coloured by label, with axes and a legend: as SVG, or as pixels. */
import { chart, CHART_STYLE, type Frame, frameOf, frameSvg, intervalOf, type Interval, ticks } from "./axes.ts";
import { type Colour, colourLabels, type Legend } from "./colours.ts";
import { type ColourImage, Raster, textWidth } from "./raster.ts";
import { coordinate, element, escapeText } from "./svg.ts";

export interface Scatter {
  /** [points, 2]. */
  readonly points: ArrayLike<number>;
  /** One for each point. */
  readonly labels?: readonly string[];
  /** Of the axes. */
  readonly names: { readonly x: string; readonly y: string };
}

const SIZE = { width: 640, height: 560 };
/** Room for the legend beside the plot. */
const LEGEND = 150;
const RADIUS = 2.2;
const OPACITY = 0.75;
const PLAIN: Colour = [0, 114, 178];
const BLACK: Colour = [28, 28, 30];

function rgb(colour: Colour): string {
  return `rgb(${colour.join(",")})`;
}

/** Both coordinates on one scale would hide a flat cloud, so each axis has its own. */
function intervals(points: ArrayLike<number>): { x: Interval; y: Interval } {
  const values = Array.from(points);
  return {
    x: intervalOf(
      values.filter((_, i) => i % 2 === 0),
      0.04,
    ),
    y: intervalOf(
      values.filter((_, i) => i % 2 === 1),
      0.04,
    ),
  };
}

interface Plot {
  readonly frame: Frame;
  readonly dots: readonly { readonly x: number; readonly y: number; readonly colour: Colour }[];
  /** From top to bottom beside the plot; none without labels. */
  readonly entries: readonly { readonly y: number; readonly colour: Colour; readonly label: string }[];
}

/** Where everything goes. */
function plotOf({ points, labels, names }: Scatter): Plot {
  const { x, y } = intervals(points);
  const frame = frameOf(SIZE, x, y, names, ticks(x, 6));
  const legend: Legend = labels ? colourLabels(labels) : { colours: [], entries: [] };
  const dots = Array.from({ length: points.length / 2 }, (_, i) => {
    return { x: frame.x(points[2 * i]!), y: frame.y(points[2 * i + 1]!), colour: legend.colours[i] ?? PLAIN };
  });
  const entries = legend.entries.map(({ label, colour }, i) => ({ y: 20 + 20 * i, colour, label: shortened(label) }));
  return { frame, dots, entries };
}

function shortened(label: string): string {
  const characters = [...label];
  return characters.length > 18 ? `${characters.slice(0, 17).join("")}…` : label;
}

/** A picture that stands alone, readable on light and dark pages. */
export function scatterSvg(scatter: Scatter): string {
  const { frame, dots, entries } = plotOf(scatter);
  const circles = dots.map(({ x, y, colour }) => {
    return element("circle", { cx: coordinate(x), cy: coordinate(y), r: RADIUS, fill: rgb(colour), "fill-opacity": OPACITY });
  });
  const legend = entries.map(({ y, colour, label }) => {
    const dot = element("circle", { cx: SIZE.width + 12, cy: y, r: 5, fill: rgb(colour) });
    return dot + element("text", { x: SIZE.width + 24, y, dy: "0.35em" }, escapeText(label));
  });
  const width = SIZE.width + (entries.length > 0 ? LEGEND : 0);
  const style = `svg{color:#1c1c1e;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e8e8ea;background:#151517}}${CHART_STYLE}`;
  return chart({ ...SIZE, width }, "latent points", element("style", {}, style), frameSvg(frame), ...circles, ...legend);
}

/** The same in pixels, on white. */
export function scatterPixels(scatter: Scatter): ColourImage {
  const { frame, dots, entries } = plotOf(scatter);
  const legend = entries.length === 0 ? 0 : 36 + Math.max(...entries.map(({ label }) => textWidth(label)));
  const picture = new Raster(SIZE.width + legend, SIZE.height);
  for (const { x1, y1, x2, y2 } of frame.lines) picture.line(x1, y1, x2, y2, { colour: BLACK, opacity: 0.13 });
  for (const { x, y, colour } of dots) picture.dot(x, y, RADIUS, { colour, opacity: OPACITY });
  for (const { x, y, anchor, content, name, upright } of frame.texts) {
    picture.text(x, y, anchor, content, { colour: BLACK, opacity: name ? 0.7 : 1 }, upright);
  }
  for (const { y, colour, label } of entries) {
    picture.dot(SIZE.width + 12, y, 5, { colour, opacity: 1 });
    picture.text(SIZE.width + 24, y, "start", label, { colour: BLACK, opacity: 1 });
  }
  return picture;
}
