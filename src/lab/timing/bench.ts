/** benchKernel: how fast a kernel is, by itself and beside what its device can do at most. */
import { ARRAY, checkOptions, type Checks, checkValue, DEVICE, OBJECT, TEXT, WHOLE } from "../../check.ts";
import { KERNEL } from "../../device/launch.ts";
import type { Device } from "../../device/device.ts";
import type { Kernel } from "../../kernel.ts";
import { key } from "../../random.ts";
import { nobodyElse, subjectOf } from "../subjects/catalogue.ts";
import { OPERANDS, type Operands, type Sizes } from "../subjects/subject.ts";
import { GpuClock } from "./gpu_clock.ts";
import { Launcher } from "./launcher.ts";
import { type Cost, measurePeaks, type Peaks } from "./peaks.ts";
import { type Sample, sampleAll, type Timing, TIMING_OPTIONS, timingOf, type TimingOptions } from "./timing.ts";

/** What a kernel is timed on. */
export interface BenchSubject {
  /** The library's kernel whose operands this one takes; by default that of its name. */
  readonly like?: string;
  /** By default those of a training step of 784-400-20 on batches of 128; what is left out is as there. */
  readonly sizes?: Sizes;
  /** Operands of one's own, instead of random ones. */
  readonly operands?: Operands;
}

/** A kernel to be timed, and on what. */
export interface BenchJob extends BenchSubject {
  readonly kernel: Kernel;
}

/** How kernels are timed. */
export interface BenchOptions extends TimingOptions {
  /** Of the random operands; default 0. */
  readonly seed?: number;
}

/** What was measured on, and what it can do at most. */
export interface BenchedOn {
  readonly device: string;
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU: its times say nothing about a GPU. */
  readonly software: boolean;
  /** Whose clock it was: the host's includes the launches and the wait for the last one. */
  readonly clock: "GPU" | "host";
  readonly peaks: Peaks;
}

/** One kernel's times, in milliseconds of one launch; rates are those of the median. */
export interface KernelTiming extends Timing, Partial<Cost> {
  readonly kernel: string;
  readonly sizes: Sizes;
  /** The median by the host's clock, beside that of the GPU. */
  readonly hostMs?: number;
  readonly gflops?: number;
  readonly gbPerSecond?: number;
  /** Shares of the measured roofs. Operands that stay in a cache come faster than any copy of memory. */
  readonly ofCopy?: number;
  readonly ofPeak?: number;
}

/** What was measured, and on what. */
export interface BenchReport extends BenchedOn {
  readonly results: readonly KernelTiming[];
}

const OPTIONS: Checks<keyof BenchOptions> = { ...TIMING_OPTIONS, seed: WHOLE };
const SUBJECT: Checks<keyof BenchSubject> = { like: TEXT, sizes: OBJECT, operands: OPERANDS };
const JOB: Checks<keyof BenchJob> = { ...SUBJECT, kernel: KERNEL };

/**
 * Times a kernel on a device: launches it again and again on the same operands, by the host's clock and, on a device opened with `{ clock: true }`
 * that has one, by the GPU's. It is not checked: `checkKernel` does that.
 */
export async function benchKernel(device: Device, kernel: Kernel, options: BenchSubject & BenchOptions = {}): Promise<BenchedOn & KernelTiming> {
  checkOptions("benchKernel", options, { ...SUBJECT, ...OPTIONS });
  const { like, sizes, operands, ...timing } = options;
  const job = { kernel, ...(like !== undefined && { like }), ...(sizes && { sizes }), ...(operands && { operands }) };
  const { results, ...on } = await benchKernels(device, [job], timing);
  return { ...on, ...results[0]! };
}

/** Times several kernels by turns, so that whatever else the machine does hits all alike. */
export async function benchKernels(device: Device, jobs: readonly BenchJob[], options: BenchOptions = {}): Promise<BenchReport> {
  checkOptions("benchKernel", options, OPTIONS);
  checkValue("benchKernel", "jobs", jobs, ARRAY);
  for (const job of jobs) checkOptions("benchKernel", job, JOB, ["kernel"], "a job is");
  checkValue("benchKernel", "device", device, DEVICE);
  const { seed = 0, ...timing } = options;
  const subjects = jobs.map((job) => operandsOf(job, seed));
  const peaks = await measurePeaks(device);
  const launchers: Launcher[] = [];
  let clock: GpuClock | undefined;
  try {
    for (const [i, { operands }] of subjects.entries()) launchers.push(new Launcher(device, nobodyElse(jobs[i]!.kernel), operands));
    clock = GpuClock.of(device);
    const samples = await sampleAll(
      launchers.map((launcher) => (count) => launcher.sample(count, clock)),
      timing,
    );
    const { name, info } = device;
    const results = subjects.map(({ sizes, operands }, i) => resultOf(jobs[i]!.kernel, sizes, operands, samples[i]!, peaks));
    return { device: name, adapter: info.adapter, software: info.software, clock: clock ? "GPU" : "host", peaks, results };
  } finally {
    clock?.stop();
    for (const launcher of launchers) launcher.free();
  }
}

function operandsOf({ kernel, like = kernel.name, sizes = {}, operands }: BenchJob, seed: number): { sizes: Sizes; operands: Operands } {
  const subject = operands ? undefined : subjectOf(like);
  const made = operands ?? subject!.operands(sizes, key(seed));
  const at = { ...subject?.sizes, ...sizes };
  if (kernel.grid(made.params, { ...kernel.constants, ...made.constants }).includes(0)) {
    throw new RangeError(`benchKernel: ${kernel.name} has nothing to do, got sizes ${JSON.stringify(at)}`);
  }
  return { sizes: at, operands: made };
}

function resultOf(kernel: Kernel, sizes: Sizes, { params }: Operands, samples: readonly Sample[], peaks: Peaks): KernelTiming {
  const host = timingOf(samples.map((sample) => sample.host));
  const [first] = samples;
  const timing = first?.gpu === undefined ? host : { ...timingOf(samples.map(({ gpu }) => gpu!)), hostMs: host.medianMs };
  return { kernel: kernel.name, sizes, ...timing, ...rates(kernel.cost?.(params), timing.medianMs, peaks) };
}

function rates(cost: Cost | undefined, ms: number, peaks: Peaks): Partial<KernelTiming> {
  if (!cost) return {};
  const [gflops, gbPerSecond] = [cost.flops / (ms * 1e6), cost.bytes / (ms * 1e6)];
  return { ...cost, gflops, gbPerSecond, ofCopy: gbPerSecond / peaks.gbPerSecond, ofPeak: gflops / peaks.gflops };
}
