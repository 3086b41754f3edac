/** What every bench is made of: a device to run on, a way to time, and the line that comes out. */
import { type Device, type DeviceName, openDevice, type OpenOptions } from "elbograd";
import { Bench as Tinybench } from "tinybench";
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
  /** What one training step asks of WebGPU (src/lab/count_webgpu.ts says what is counted). */
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

/** How long one sample should last at least, so that waiting for the device counts for little in it. */
const SAMPLE_MS = 50;
const TOTAL_MS = 2000;
const MIN_SAMPLES = 5;

/** Times `run(count)`, which does its work `count` times and then waits for it. The first calls, which compile and allocate, are not counted. */
export async function measure(run: (count: number) => Promise<void>): Promise<Timing> {
  const timed = async (count: number): Promise<number> => {
    const start = performance.now();
    await run(count);
    return performance.now() - start;
  };
  await timed(1);
  const count = Math.ceil(SAMPLE_MS / (await timed(1)));

  const bench = new Tinybench({ time: TOTAL_MS, iterations: MIN_SAMPLES, warmupTime: TOTAL_MS / 4, warmupIterations: 1, throws: true });
  bench.add("sample", async () => {
    const elapsed = await timed(count);
    return { overriddenDuration: elapsed / count, overriddenIterationCost: elapsed };
  });
  const [task] = await bench.run();
  if (task?.result.state !== "completed") throw new Error(`bench: the run ended as ${task?.result.state}`);
  const { p50, min, max, samplesCount } = task.result.latency;
  return { stepMs: p50, minMs: min, maxMs: max, samples: samplesCount };
}

/** The same for samples taken by hand, in milliseconds. */
export function timingOf(samples: readonly number[]): Timing {
  return { stepMs: median(samples), minMs: Math.min(...samples), maxMs: Math.max(...samples), samples: samples.length };
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
