/** The rungs of a ladder, checked, and then timed by turns: whatever else the machine does hits all of them. */
import { type Device, key } from "elbograd";
import { gpuDeviceOf, Launcher, measurePeaks, type Operands, sampleAll, type Sizes, type Timing, timingOf } from "elbograd/lab";
import { openTarget, machineOf } from "../harness.ts";
import type { Machine } from "../result.ts";
import { checkRung } from "./check.ts";
import type { Ladder, Rung } from "./rung.ts";

/** A rung as it was timed. */
export interface Step extends Machine, Timing {
  readonly rung: string;
  /** In the ladder's unit. */
  readonly speed: number;
  /** How many times as fast as the rung before, and as the first, of those that were timed. */
  readonly timesBefore: number;
  readonly timesFirst: number;
  /** The share of what the device does at most, which is measured on it: multiply-adds in registers, or copying. */
  readonly ofPeak: number;
}

export interface Climb {
  readonly ladder: Ladder;
  readonly sizes: Sizes;
  readonly steps: readonly Step[];
  /** The rungs that need what the adapter lacks. */
  readonly leftOut: readonly string[];
}

export interface ClimbOptions {
  /** Instead of the ladder's own sizes. */
  readonly sizes?: Sizes | undefined;
  /** Milliseconds that each rung is measured for; default 1000. */
  readonly timeMs?: number | undefined;
}

/** A rung on its device, with operands in place. */
interface Ready {
  readonly rung: Rung;
  readonly device: Device;
  readonly operands: Operands;
  readonly launcher: Launcher;
}

/** Climbs what of the ladder is on the devices asked for. Throws if a rung is wrong; nothing is timed then. */
export async function climb(ladder: Ladder, devices: readonly string[], { sizes, timeMs }: ClimbOptions = {}): Promise<Climb> {
  const opened = new Map<string, Device>();
  try {
    const at = sizes ?? ladder.rungs[0]!.subject.sizes;
    const ready: Ready[] = [];
    const leftOut: string[] = [];
    for (const rung of ladder.rungs.filter(({ device }) => devices.includes(device))) {
      const device = await deviceOf(rung, opened);
      if (runsOn(device, rung)) ready.push(await checked(rung, device, at));
      else leftOut.push(rung.name);
    }
    const samplers = ready.map((one) => (count: number) => one.launcher.sample(count));
    const samples = await sampleAll(samplers, timeMs === undefined ? {} : { timeMs });
    const timings = samples.map((taken) => timingOf(taken.map(({ host }) => host)));
    const steps: Step[] = [];
    for (const [i, one] of ready.entries()) steps.push(await stepOf(ladder, one, timings, i));
    return { ladder, sizes: at, steps, leftOut };
  } finally {
    for (const device of opened.values()) await device.close();
  }
}

/** Rungs of one device and number of threads share it. */
async function deviceOf({ device: name, threads }: Rung, opened: Map<string, Device>): Promise<Device> {
  const kind = `${name} ${threads}`;
  const device = opened.get(kind) ?? (await openTarget({ name, ...(threads !== undefined && { threads }) }));
  opened.set(kind, device);
  return device;
}

/** Whether the adapter has what the rung needs. */
export function runsOn(device: Device, { subgroups }: Rung): boolean {
  return !subgroups || gpuDeviceOf(device)!.features.has("subgroups");
}

async function checked(rung: Rung, device: Device, sizes: Sizes): Promise<Ready> {
  const report = await checkRung(device, rung.subject);
  if (!report.ok) throw new Error(report.explain());
  const operands = rung.subject.operands(sizes, key(0));
  return { rung, device, operands, launcher: new Launcher(device, rung.subject.kernel, operands) };
}

async function stepOf({ unit }: Ladder, { rung, device, operands }: Ready, timings: readonly Timing[], i: number): Promise<Step> {
  const timing = timings[i]!;
  const { flops, bytes } = rung.subject.kernel.cost!(operands.params);
  const peaks = await measurePeaks(device);
  const speed = (unit === "GB/s" ? bytes : flops) / (timing.medianMs * 1e6);
  return {
    rung: rung.name,
    ...machineOf(device),
    ...timing,
    speed,
    timesBefore: timings[Math.max(0, i - 1)]!.medianMs / timing.medianMs,
    timesFirst: timings[0]!.medianMs / timing.medianMs,
    ofPeak: speed / (unit === "GB/s" ? peaks.gbPerSecond : peaks.gflops),
  };
}
