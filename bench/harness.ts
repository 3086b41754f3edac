/** What every bench is made of: a device to run on, a way to time, and the line that comes out. */
import { type Device, type DeviceName, openDevice, type OpenOptions } from "elbograd";
import { hostSampler, sampleAll, timingOf as statisticsOf } from "elbograd/lab";
import type { OptionName, Options } from "./options.ts";
import type { Result, Machine, StepTiming } from "./result.ts";
import type { ColumnName } from "./table.ts";

/** A device to measure, and how many threads it may use where that can be chosen. */
export interface Target {
  readonly name: DeviceName;
  readonly threads?: number;
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
export function machineOf({ name, info: { adapter, software } }: Device): Machine {
  const threads = Number(/(\d+) threads?/.exec(adapter)?.[1] ?? 1);
  return { device: name, threads, adapter, software };
}

/** Long enough for five rounds with samples of W2's steps on a slow device. */
const TOTAL_MS = 2000;

/** Times `run(count)`, which does its work `count` times and then waits for it. The first calls, which compile and allocate, are not counted. */
export async function measure(run: (count: number) => Promise<void>): Promise<StepTiming> {
  const [samples] = await sampleAll([hostSampler(run)], { timeMs: TOTAL_MS });
  return stepTimingOf(samples!.map(({ host }) => host));
}

/** The same for samples taken by hand, in milliseconds. */
export function stepTimingOf(ms: readonly number[]): StepTiming {
  const { medianMs: stepMs, minMs, maxMs, samples } = statisticsOf(ms);
  return { stepMs, minMs, maxMs, samples };
}

export function median(numbers: readonly number[]): number {
  return statisticsOf(numbers).medianMs;
}
