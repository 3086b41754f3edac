/** Curves over epochs, as SVG. */
import { chart, frameOf, frameSvg, intervalOf, ticks } from "./axes.ts";
import { coordinate, element } from "./svg.ts";

/** Values of epoch 1, 2, …; an epoch without a value leaves a gap. */
export interface Curve {
  /** The class that styles it. */
  readonly name: string;
  readonly values: readonly (number | undefined)[];
}

const SIZE = { width: 400, height: 260 };

/** One chart of several curves over epochs; `unit` names the vertical axis. */
export function curveChart(title: string, unit: string, curves: readonly Curve[]): string {
  const epochs = Math.max(1, ...curves.map(({ values }) => values.length));
  const x = epochs === 1 ? { from: 0, to: 2 } : { from: 1, to: epochs };
  const marks = ticks(x, 6).filter((value) => Number.isInteger(value) && value >= 1 && value <= epochs);
  const all = curves.flatMap(({ values }) => values.filter((value) => value !== undefined));
  const frame = frameOf(SIZE, x, intervalOf(all, 0.05), { x: "epoch", y: unit }, marks);
  const drawn = curves.flatMap(({ name, values }) => runs(values).map((points) => draw(name, points, frame)));
  return chart(SIZE, title, frameSvg(frame), ...drawn);
}

type Point = readonly [epoch: number, value: number];

/** The stretches of epochs that have a finite value. */
function runs(values: readonly (number | undefined)[]): Point[][] {
  const result: Point[][] = [[]];
  values.forEach((value, i) => {
    if (value !== undefined && Number.isFinite(value)) result.at(-1)!.push([i + 1, value]);
    else result.push([]);
  });
  return result.filter((points) => points.length > 0);
}

/** A line, or a dot for a point alone. */
function draw(name: string, points: readonly Point[], frame: { x(value: number): number; y(value: number): number }): string {
  const at = points.map(([epoch, value]) => [coordinate(frame.x(epoch)), coordinate(frame.y(value))] as const);
  if (at.length === 1) return element("circle", { class: `dot ${name}`, cx: at[0]![0], cy: at[0]![1], r: 3.5 });
  return element("polyline", { class: `curve ${name}`, points: at.map((point) => point.join(",")).join(" ") });
}
