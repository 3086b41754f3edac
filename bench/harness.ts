/** What every bench is made of: a device to run on, a way to time, and the line that comes out. */
import { type Device, type DeviceName, openDevice, type OpenOptions } from "elbograd";
import { hostSampler, sampleAll, timingOf as statisticsOf } from "elbograd/lab";
import type { OptionName, Options } from "./options.ts";
import type { ColumnName } from "./table.ts";

/** A device to measure, and how many threads it may use where that can be chosen. */
export interface Target {
  readonly name: DeviceName;
  readonly threads?: number;
}

export interface Timing {
  /** The median, least and greatest of the samples, in milliseconds of one call. */
  readonly stepMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly samples: number;
}

/** What was measured on: part of every line. */
export interface Subject {
  readonly device: string;
  readonly threads: number;
  /** What runs the kernels, in the driver's own words. */
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU. */
  readonly software: boolean;
}

/** One line of a bench's output; which of the numbers it has depends on the bench. */
export interface Result extends Subject, Partial<Timing> {
  readonly bench: string;
  readonly workload: string;
  readonly batch?: number;
  readonly usPerExample?: number;
  readonly gflops?: number;
  /** The most that one core does in 128-bit SIMD, and the share of it that each thread reached. */
  readonly peakGflops?: number;
  readonly ofPeak?: number;
  /** Training steps before the memory was looked at. */
  readonly step?: number;
  readonly residentBytes?: number;
  readonly deviceBytes?: number;
  /** How many times the device took memory from the system. */
  readonly created?: number;
  /** What one training step asks of WebGPU (src/lab/trace/count_webgpu.ts says what is counted). */
  readonly dispatches?: number;
  readonly submits?: number;
  readonly writes?: number;
  readonly writeBytes?: number;
  readonly buffersCreated?: number;
  readonly bindGroupsCreated?: number;
  readonly bytesMoved?: number;
  /** One launch of a step, its sizes, and its part of all launches' time. */
  readonly kernel?: string;
  readonly shape?: string;
  readonly share?: number;
  readonly gbPerSecond?: number;
  /** Whose clock it is: the host's includes the launch and the wait for it. */
  readonly clock?: "GPU" | "host";
}

export interface Bench {
  /** Its options besides --device, --threads and --json. */
  readonly takes: readonly OptionName[];
  readonly columns: readonly ColumnName[];
  /** What to measure on each device; options are checked here, before anything runs. */
  cases(options: Options): readonly ((target: Target) => Promise<readonly Result[]>)[];
}

export function openTarget({ name, threads }: Target, options: OpenOptions = {}): Promise<Device> {
  return openDevice(name, threads === undefined ? options : { ...options, threads });
}

/** Opens the device, measures on it, and closes it whatever happens. */
export async function withDevice<T>(target: Target, f: (device: Device) => Promise<T>): Promise<T> {
  const device = await openTarget(target);
  try {
    return await f(device);
  } finally {
    await device.close();
  }
}

/** The number of threads is the device's own word for it: it may have been given fewer than were asked for. */
export function subjectOf({ name, info: { adapter, software } }: Device): Subject {
  const threads = Number(/(\d+) threads?/.exec(adapter)?.[1] ?? 1);
  return { device: name, threads, adapter, software };
}

/** Long enough for five rounds with samples of W2's steps on a slow device. */
const TOTAL_MS = 2000;

/** Times `run(count)`, which does its work `count` times and then waits for it. The first calls, which compile and allocate, are not counted. */
export async function measure(run: (count: number) => Promise<void>): Promise<Timing> {
  const [samples] = await sampleAll([hostSampler(run)], { timeMs: TOTAL_MS });
  return timingOf(samples!.map(({ host }) => host));
}

/** The same for samples taken by hand, in milliseconds. */
export function timingOf(ms: readonly number[]): Timing {
  const { medianMs: stepMs, minMs, maxMs, samples } = statisticsOf(ms);
  return { stepMs, minMs, maxMs, samples };
}

export function median(numbers: readonly number[]): number {
  return statisticsOf(numbers).medianMs;
}
