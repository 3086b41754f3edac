/** Points in a plane, coloured by label: as SVG with axes and a legend, or as plain pixels. */
import { axes, chart, CHART_STYLE, intervalOf, type Interval, ticks } from "./axes.ts";
import { type Colour, colourLabels } from "./colours.ts";
import { coordinate, element, escapeText } from "./svg.ts";

export interface Scatter {
  /** [points, 2]. */
  readonly points: ArrayLike<number>;
  /** One for each point. */
  readonly labels?: readonly string[];
  /** Of the axes. */
  readonly names: { readonly x: string; readonly y: string };
}

export interface ColourImage {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3]. */
  readonly data: Uint8Array;
}

const SIZE = { width: 640, height: 560 };
/** Room for the legend beside the plot. */
const LEGEND = 150;
const RADIUS = 2.2;
const PLAIN: Colour = [0, 114, 178];

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

/** A picture that stands alone, readable on light and dark pages. */
export function scatterSvg({ points, labels, names }: Scatter): string {
  const { x, y } = intervals(points);
  const frame = axes(SIZE, x, y, names, ticks(x, 6));
  const legend = labels && colourLabels(labels);
  const dots = Array.from({ length: points.length / 2 }, (_, i) => {
    const [cx, cy] = [coordinate(frame.x(points[2 * i]!)), coordinate(frame.y(points[2 * i + 1]!))];
    return element("circle", { cx, cy, r: RADIUS, fill: rgb(legend?.colours[i] ?? PLAIN), "fill-opacity": 0.75 });
  });
  const entries = (legend?.entries ?? []).map(({ label, colour }, i) => {
    const at = 20 + 20 * i;
    return (
      element("circle", { cx: SIZE.width + 12, cy: at, r: 5, fill: rgb(colour) }) +
      element("text", { x: SIZE.width + 24, y: at, dy: "0.35em" }, escapeText(shortened(label)))
    );
  });
  const width = SIZE.width + (legend ? LEGEND : 0);
  const style = `svg{color:#1c1c1e;background:#fff}@media(prefers-color-scheme:dark){svg{color:#e8e8ea;background:#151517}}${CHART_STYLE}`;
  return chart({ ...SIZE, width }, "latent points", element("style", {}, style), frame.svg, ...dots, ...entries);
}

function shortened(label: string): string {
  const characters = [...label];
  return characters.length > 18 ? `${characters.slice(0, 17).join("")}…` : label;
}

/** The points alone, on white. */
export function scatterPixels({ points, labels }: Omit<Scatter, "names">): ColourImage {
  const { width, height } = SIZE;
  const { x, y } = intervals(points);
  const colours = labels && colourLabels(labels).colours;
  const data = new Uint8Array(3 * width * height).fill(255);
  for (let i = 0; 2 * i < points.length; i++) {
    const cx = ((points[2 * i]! - x.from) / (x.to - x.from)) * width;
    const cy = (1 - (points[2 * i + 1]! - y.from) / (y.to - y.from)) * height;
    dot(data, width, height, cx, cy, colours?.[i] ?? PLAIN);
  }
  return { width, height, data };
}

/** Colours the pixels whose centres lie within the radius. */
function dot(data: Uint8Array, width: number, height: number, cx: number, cy: number, colour: Colour): void {
  for (let py = Math.max(0, Math.floor(cy - RADIUS)); py < Math.min(height, cy + RADIUS); py++) {
    for (let px = Math.max(0, Math.floor(cx - RADIUS)); px < Math.min(width, cx + RADIUS); px++) {
      if (Math.hypot(px + 0.5 - cx, py + 0.5 - cy) <= RADIUS) data.set(colour, 3 * (py * width + px));
    }
  }
}
