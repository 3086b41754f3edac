/** The tables that benches print: fixed columns, numbers to the right and words to the left. */
import type { Result } from "./result.ts";

export interface Column<T> {
  readonly title: string;
  readonly width: number;
  /** "–" stands for what a line does not have. */
  readonly of: (line: T) => string | undefined;
  readonly words?: boolean;
}

const milliseconds = (ms: number | undefined): string | undefined => ms?.toFixed(3);
const megabytes = (bytes: number | undefined): string | undefined => (bytes === undefined ? undefined : (bytes / 1e6).toFixed(2));
const percent = (part: number | undefined): string | undefined => (part === undefined ? undefined : `${(100 * part).toFixed(1)} %`);
const whole = (n: number | undefined): string | undefined => n?.toString();

/** Software is said beside the adapter, and the peak above the table. */
export type ColumnName = Exclude<keyof Result, "software" | "peakGflops">;

const columns: Readonly<Record<ColumnName, Column<Result>>> = {
  bench: { title: "bench", width: 10, of: (r) => r.bench, words: true },
  workload: { title: "workload", width: 14, of: (r) => r.workload, words: true },
  device: { title: "device", width: 7, of: (r) => r.device, words: true },
  threads: { title: "threads", width: 7, of: (r) => whole(r.threads) },
  batch: { title: "batch", width: 6, of: (r) => whole(r.batch) },
  stepMs: { title: "median ms", width: 10, of: (r) => milliseconds(r.stepMs) },
  minMs: { title: "min", width: 10, of: (r) => milliseconds(r.minMs) },
  maxMs: { title: "max", width: 10, of: (r) => milliseconds(r.maxMs) },
  samples: { title: "samples", width: 7, of: (r) => whole(r.samples) },
  usPerExample: { title: "us per example", width: 14, of: (r) => r.usPerExample?.toFixed(2) },
  gflops: { title: "GFLOP/s", width: 8, of: (r) => r.gflops?.toFixed(2) },
  ofPeak: { title: "of peak", width: 7, of: (r) => percent(r.ofPeak) },
  step: { title: "step", width: 7, of: (r) => whole(r.step) },
  residentBytes: { title: "resident MB", width: 11, of: (r) => megabytes(r.residentBytes) },
  deviceBytes: { title: "device MB", width: 10, of: (r) => megabytes(r.deviceBytes) },
  calledBy: { title: "called by", width: 12, of: (r) => r.calledBy, words: true },
  devices: { title: "devices", width: 7, of: (r) => whole(r.devices) },
  bytesPerDevice: { title: "MB a device", width: 11, of: (r) => megabytes(r.bytesPerDevice) },
  created: { title: "taken from the system", width: 21, of: (r) => (r.created === undefined ? undefined : `${r.created} times`) },
  dispatches: { title: "dispatches", width: 10, of: (r) => whole(r.dispatches) },
  submits: { title: "submits", width: 7, of: (r) => r.submits?.toFixed(3) },
  writes: { title: "writes", width: 7, of: (r) => r.writes?.toFixed(3) },
  writeBytes: { title: "B written", width: 9, of: (r) => r.writeBytes?.toFixed(0) },
  buffersCreated: { title: "buffers", width: 7, of: (r) => whole(r.buffersCreated) },
  bindGroupsCreated: { title: "bind groups", width: 11, of: (r) => whole(r.bindGroupsCreated) },
  bytesMoved: { title: "MB moved", width: 8, of: (r) => megabytes(r.bytesMoved) },
  kernel: { title: "kernel", width: 24, of: (r) => r.kernel, words: true },
  shape: { title: "shape", width: 32, of: (r) => r.shape, words: true },
  share: { title: "share", width: 6, of: (r) => percent(r.share) },
  gbPerSecond: { title: "GB/s", width: 6, of: (r) => r.gbPerSecond?.toFixed(1) },
  clock: { title: "clock", width: 5, of: (r) => r.clock, words: true },
  adapter: { title: "adapter", width: 0, of: (r) => r.adapter + (r.software ? " (software: not a GPU's speed)" : ""), words: true },
};

export const TIMING: readonly ColumnName[] = ["bench", "workload", "device", "threads", "stepMs", "minMs", "maxMs", "samples"];

export function columnsNamed(names: readonly ColumnName[]): readonly Column<Result>[] {
  return names.map((name) => columns[name]);
}

export function header<T>(columns: readonly Column<T>[]): string {
  return row(columns, (column) => column.title);
}

export function tableRow<T>(columns: readonly Column<T>[], line: T): string {
  return row(columns, (column) => column.of(line) ?? "–");
}

function row<T>(columns: readonly Column<T>[], text: (column: Column<T>) => string): string {
  const cells = columns.map((column) => (column.words ? text(column).padEnd(column.width) : text(column).padStart(column.width)));
  return cells.join("  ").trimEnd();
}
