/** The roofline of a device with kernels under it (Williams, Waterman and Patterson 2009): how fast each is, and how fast it could be at most. */
import { chart } from "./axes.ts";
import { freePlace, type Box } from "./labels.ts";
import { coordinate, element, escapeText } from "./svg.ts";

export interface Roofs {
  readonly gbPerSecond: number;
  readonly gflops: number;
}

export interface RooflinePoint {
  readonly name: string;
  /** Floating-point operations and bytes of one launch. */
  readonly flops: number;
  readonly bytes: number;
  readonly gflops: number;
}

const SIZE = { width: 820, height: 460 };
const PLOT = { left: 64, right: SIZE.width - 16, top: 14, bottom: SIZE.height - 46 };

export const ROOFLINE_STYLE = `.roof{fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round}.chart .roofname{font-weight:600}
.reach{stroke:var(--accent);stroke-dasharray:2 4;stroke-opacity:.7}.point{fill:var(--accent);stroke:var(--ground);stroke-width:1.5}
.chart text{paint-order:stroke;stroke:var(--ground);stroke-width:3;stroke-linejoin:round}`;

/** At both ends of an axis, in decades. */
const ROOM = 0.35;
/** So many decades have room for more numbers. */
const FEW = 3.5;

/** A logarithmic axis from pixel `start` to pixel `end`. */
class LogAxis {
  readonly from: number;
  readonly to: number;
  readonly #start: number;
  readonly #perDecade: number;

  /** Holds all values, with room at both ends. */
  constructor(values: readonly number[], start: number, end: number) {
    this.from = Math.log10(Math.min(...values)) - ROOM;
    this.to = Math.log10(Math.max(...values)) + ROOM;
    this.#start = start;
    this.#perDecade = (end - start) / (this.to - this.from);
  }

  at(value: number): number {
    return this.#start + (Math.log10(value) - this.from) * this.#perDecade;
  }

  /** Powers of ten; where there are few of them, also their double and fivefold. */
  get ticks(): number[] {
    const first = Math.floor(this.from);
    const decades = Array.from({ length: Math.ceil(this.to) - first + 1 }, (_, i) => first + i);
    const factors = this.to - this.from > FEW ? [1] : [1, 2, 5];
    const all = decades.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`)));
    return all.filter((value) => Math.log10(value) >= this.from && Math.log10(value) <= this.to);
  }
}

/** GFLOP/s over operations per byte, both logarithmic; kernels that compute nothing are left out. */
export function roofline({ gbPerSecond, gflops }: Roofs, points: readonly RooflinePoint[]): string {
  const computing = points.filter(({ flops }) => flops > 0);
  const ridge = gflops / gbPerSecond;
  const x = new LogAxis([ridge, ...computing.map(({ flops, bytes }) => flops / bytes)], PLOT.left, PLOT.right);
  const y = new LogAxis([gflops, ...computing.map((point) => point.gflops)], PLOT.bottom, PLOT.top);
  // the slope is cut where it leaves the plot
  const foot = Math.max(10 ** x.from, 10 ** y.from / gbPerSecond);
  const corners = [
    [foot, gbPerSecond * foot],
    [ridge, gflops],
    [10 ** x.to, gflops],
  ] as const;
  const pixels = corners.map(([intensity, rate]) => [x.at(intensity), y.at(rate)] as const);
  const roof = element("polyline", { class: "roof", points: pixels.map((pixel) => pixel.map(coordinate).join(",")).join(" ") });
  const names = roofNames(pixels, gbPerSecond, gflops);
  return chart(SIZE, "roofline", grid(x, y), roof, names, ...drawPoints(computing, x, y, (intensity) => Math.min(gflops, gbPerSecond * intensity)));
}

function grid(x: LogAxis, y: LogAxis): string {
  const { left, right, top, bottom } = PLOT;
  const vertical = x.ticks.map((value) => {
    const at = coordinate(x.at(value));
    return element("line", { class: "grid", x1: at, y1: top, x2: at, y2: bottom }) + text(at, bottom + 18, "middle", String(value));
  });
  const horizontal = y.ticks.map((value) => {
    const at = coordinate(y.at(value));
    return element("line", { class: "grid", x1: left, y1: at, x2: right, y2: at }) + text(left - 8, at, "end", String(value), { dy: "0.35em" });
  });
  const middle = (top + bottom) / 2;
  const nameX = text((left + right) / 2, SIZE.height - 6, "middle", "floating-point operations per byte", { class: "name" });
  const nameY = text(14, middle, "middle", "GFLOP/s", { class: "name", transform: `rotate(-90 14 ${middle})` });
  return [...vertical, ...horizontal, nameX, nameY].join("");
}

type Pixel = readonly [x: number, y: number];

/** The bandwidth along the slope, the peak along the flat. */
function roofNames([foot, ridge, end]: readonly Pixel[], gbPerSecond: number, gflops: number): string {
  const [x, y] = [(foot![0] + ridge![0]) / 2, (foot![1] + ridge![1]) / 2];
  const angle = (Math.atan2(ridge![1] - foot![1], ridge![0] - foot![0]) * 180) / Math.PI;
  const turn = `rotate(${coordinate(angle)} ${coordinate(x)} ${coordinate(y)})`;
  const slope = text(coordinate(x), coordinate(y), "middle", `copy ${gbPerSecond.toPrecision(3)} GB/s`, {
    class: "roofname",
    dy: "-0.6em",
    transform: turn,
  });
  const flat = `multiply-add ${gflops.toPrecision(3)} GFLOP/s`;
  return slope + text(end![0], coordinate(end![1]), "end", flat, { class: "roofname", dy: "-0.6em" });
}

function drawPoints(points: readonly RooflinePoint[], x: LogAxis, y: LogAxis, reach: (intensity: number) => number): string[] {
  const pixels = points.map(({ flops, bytes, gflops }): Pixel => [x.at(flops / bytes), y.at(gflops)]);
  const taken: Box[] = pixels.map(([px, py]) => ({ left: px - 6, right: px + 6, top: py - 6, bottom: py + 6 }));
  const lines = points.map(({ flops, bytes }, i) => {
    const [px, py] = pixels[i]!;
    const at = coordinate(px);
    return element("line", { class: "reach", x1: at, x2: at, y1: coordinate(py), y2: coordinate(y.at(reach(flops / bytes))) });
  });
  const dots = points.map(({ name }, i) => {
    const [px, py] = pixels[i]!;
    const place = freePlace(px, py, name, PLOT, taken);
    return (
      element("circle", { class: "point", cx: coordinate(px), cy: coordinate(py), r: 5 }) +
      text(place.x, place.y, place.anchor, name, { dy: "0.35em" })
    );
  });
  return [...lines, ...dots];
}

function text(x: number | string, y: number | string, anchor: string, content: string, more: Readonly<Record<string, string>> = {}): string {
  return element("text", { x, y, "text-anchor": anchor, ...more }, escapeText(content));
}
