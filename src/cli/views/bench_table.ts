/** What `elbograd bench` prints. */
import type { Sizes } from "../../lab/subjects/subject.ts";
import type { BenchReport, KernelTiming } from "../../lab/timing/bench.ts";
import type { Timing } from "../../lab/timing/timing.ts";
import { alignedRows } from "../table.ts";
import type { BenchFile } from "./bench_file.ts";

export const HEADER: readonly string[] = ["kernel", "sizes", "median", "spread", "GFLOP/s", "GB/s", "of copy", "of peak", "clock"];
const WORDS = [true, true, false, false, false, false, false, false, true];

/** The adapter and the versions above, the kernels below. */
export function benchTable(file: BenchFile): string {
  const { versions, commit } = file;
  const about = Object.entries(versions).map(([name, version]) => `${name} ${version}${name === "elbograd" && commit ? ` (${commit})` : ""}`);
  const rows = [HEADER, ...file.results.map((result) => cellsOf(result, file.clock))];
  return [describeSubject(file), about.join(", "), describePeaks(file), "", ...alignedRows(rows, WORDS)].join("\n");
}

/** `webgpu: llvmpipe … (software: not a GPU's speed)`. */
export function describeSubject({ device, adapter, software }: Pick<BenchReport, "device" | "adapter" | "software">): string {
  return `${device}: ${adapter}${software ? " (software: not a GPU's speed)" : ""}`;
}

export function describePeaks({ peaks: { gbPerSecond, gflops } }: Pick<BenchReport, "peaks">): string {
  return `measured on it: copy ${rate(gbPerSecond)} GB/s, multiply-add ${rate(gflops)} GFLOP/s`;
}

export function cellsOf(timing: KernelTiming, clock: BenchReport["clock"]): string[] {
  const { kernel, sizes, medianMs, gflops, gbPerSecond, ofCopy, ofPeak } = timing;
  const rates = [rate(gflops), rate(gbPerSecond), percent(ofCopy), percent(ofPeak)];
  return [kernel, showSizes(sizes), duration(medianMs), `±${percent(spreadOf(timing))}`, ...rates, clock];
}

/** Half the distance of the quartiles, as a share of the median. */
export function spreadOf({ medianMs, lowerMs, upperMs }: Timing): number {
  return (upperMs - lowerMs) / 2 / medianMs;
}

/** `M 128 N 400 K 784`: flags that are off are left out. */
export function showSizes(sizes: Sizes): string {
  const shown = Object.entries(sizes).filter(([, size]) => size !== 0);
  return shown.map(([name, size]) => `${name} ${size}`).join(" ");
}

/** `12.3 µs`, `4.56 ms`: three digits. */
export function duration(ms: number): string {
  if (ms < 1e-3) return `${digits(ms * 1e6)} ns`;
  if (ms < 1) return `${digits(ms * 1e3)} µs`;
  return ms < 1000 ? `${digits(ms)} ms` : `${digits(ms / 1000)} s`;
}

const rate = (value: number | undefined): string => (value === undefined ? "–" : digits(value));
const percent = (share: number | undefined): string => (share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);

/** Three digits, or all those before the point. */
export function digits(value: number): string {
  return value === 0 ? "0" : value >= 100 ? value.toFixed(0) : value >= 0.01 ? value.toPrecision(3) : value.toExponential(1);
}
