/** trace: one training step explained, every launch in order with where to read it, what it binds, moves and computes, and how long it takes. */
import { checkOptions, type Checks, checkValue, DEVICE } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import type { GpuCounts } from "../../device/webgpu/counts.ts";
import type { Constants, Kernel, Params, Shader } from "../../kernel.ts";
import { PARAMETERS, type Parameters } from "../../nn/parameters.ts";
import { Trainer } from "../../vae/training/trainer.ts";
import { GpuClock } from "../timing/gpu_clock.ts";
import { webGpuOf } from "../timing/webgpu_of.ts";
import { timingOf } from "../timing/timing.ts";
import { type Known, Operands, type TracedOperand } from "./operands.ts";
import { type Reading, readingOf, shadersOf } from "./reading.ts";
import {
  numbersAt,
  recordStep,
  ROUND_OPTIONS,
  type CopyCommand,
  type RecordedStep,
  type RoundOptions,
  type RunCommand,
  type StepCommand,
  timeStep,
} from "./step.ts";

/** One launch of a step, explained. */
export interface TracedLaunch extends Partial<Reading> {
  /** From 1. */
  readonly number: number;
  /** The kernel's name, or "copy". */
  readonly op: string;
  /** What computes it; a copy has none, and no file. */
  readonly kernel?: Kernel;
  /** Its shader and what that uses, with the core. */
  readonly shaders?: readonly Shader[];
  readonly formula: string;
  /** The workgroups dispatched, on webgpu; none where there was nothing to do. */
  readonly grid?: readonly [x: number, y: number, z: number];
  /** What `struct Params` holds, words of the step row by their values. */
  readonly params: Params;
  readonly constants: Constants;
  readonly operands: readonly TracedOperand[];
  /** Of all operands, each once as it is bound. */
  readonly bytes: number;
  /** Floating-point operations, where the kernel knows. */
  readonly flops?: number;
  /** Milliseconds by itself: the median of all rounds. */
  readonly ms?: number;
}

type Explained = Omit<TracedLaunch, "number" | "ms">;

/** Of one step; what belongs to webgpu is there alone. */
export interface TraceTotals extends Partial<GpuCounts> {
  readonly launches: number;
  readonly dispatches?: number;
  /** Each operand of each launch once, as large as it is bound; copies read and write. */
  readonly bytesMoved: number;
  readonly flops: number;
  /** The sum of the launches' times: what a step takes without what overlaps in it. */
  readonly ms: number;
}

/** A step, launch by launch, and its totals. */
export interface Trace {
  readonly device: string;
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU: its times say nothing about a GPU. */
  readonly software: boolean;
  /** Whose clock timed the launches: the host's includes the launch and the wait for it. */
  readonly clock: "GPU" | "host";
  readonly launches: readonly TracedLaunch[];
  readonly totals: TraceTotals;
}

/** How a step is traced. */
export interface TraceOptions extends RoundOptions {
  /** Whose names the operands are to have; those of a trainer are known. */
  readonly parameters?: Parameters;
}

/** A step that can be run as often as wanted. */
interface Repeatable {
  readonly device: Device;
  readonly known: Known;
  /** As it is run in earnest, and with each launch by itself. */
  run(): void;
  launch(): void;
  /** Undoes what a step has changed. */
  undo(): void;
}

/**
 * Explains the next step of a trainer, which stays where it is and keeps its state there, or what `step` launches, which is run several times: what
 * it changes is changed as often. The counts are those of one step run in earnest by itself, once it creates nothing any more; of a trainer's captured steps up to 16 share
 * a submit. Launches are timed by the GPU's clock on a device opened with `{ clock: true }` that has one.
 */
export function trace(trainer: Trainer, options?: RoundOptions): Promise<Trace>;
export function trace(device: Device, step: () => void, options?: TraceOptions): Promise<Trace>;
export async function trace(target: Trainer | Device, second?: (() => void) | RoundOptions, options?: TraceOptions): Promise<Trace> {
  if (!(target instanceof Trainer)) checkValue("trace", "the first argument", target, DEVICE);
  checkOptions("trace", (target instanceof Trainer ? second : options) ?? {}, OPTIONS);
  if (target instanceof Trainer) return explain(trainersStep(target), second as RoundOptions | undefined);
  if (typeof second !== "function")
    throw new TypeError(`trace: takes a trainer, or a device and a function that runs one step, got ${typeof second}`);
  return explain(programsStep(target, second, options), options);
}

const OPTIONS: Checks<keyof TraceOptions> = { ...ROUND_OPTIONS, parameters: PARAMETERS };

function trainersStep(trainer: Trainer): Repeatable {
  trainer.keep();
  const { parameters, device } = trainer.vae;
  return {
    device,
    known: { parameters, slices: trainer.slices },
    run: () => trainer.steps(1),
    launch: () => trainer.eagerStep(),
    undo: () => trainer.rewind(),
  };
}

function programsStep(device: Device, step: () => void, { parameters }: TraceOptions = {}): Repeatable {
  // the inner scope refuses promises, the outer one frees what a step returns
  const run = (): void => device.scope(() => void device.scope(step));
  return { device, known: parameters ? { parameters } : {}, run, launch: run, undo: () => undefined };
}

async function explain(subject: Repeatable, { timeMs }: RoundOptions = {}): Promise<Trace> {
  const { device } = subject;
  let step: RecordedStep | undefined;
  let clock: GpuClock | undefined;
  try {
    const counts = await countStep(subject);
    step = recordStep(device, () => subject.launch());
    if (step.commands.length === 0)
      throw new RangeError("trace: the step launches something, got nothing (run it eagerly: what is replayed is not seen)");
    clock = GpuClock.of(device);
    const samples = await timeStep(device, step.commands, clock, timeMs === undefined ? {} : { timeMs });
    const launches = explainCommands(subject, step.commands, samples);
    const { name, info } = device;
    const totals = { ...totalsOf(launches), ...(counts && { dispatches: launches.filter(({ grid }) => grid).length, ...counts }) };
    return { device: name, adapter: info.adapter, software: info.software, clock: clock ? "GPU" : "host", launches, totals };
  } finally {
    clock?.stop();
    step?.free();
    subject.undo();
  }
}

/** Steps until one creates nothing; more than this, and creating is what it does. */
const WARM_UP = 16;

/** What a step asks of WebGPU in its steady state; undefined on other devices. */
async function countStep({ device, run, undo }: Repeatable): Promise<GpuCounts | undefined> {
  const calls = webGpuOf(device)?.calls;
  for (let i = 0; ; i++) {
    await settled(device);
    const before = calls && snapshot(calls);
    run();
    await Promise.resolve(); // what was recorded is submitted when the caller yields
    const after = calls && snapshot(calls);
    undo();
    if (!before || !after) return undefined;
    const counts = difference(before, after);
    if (counts.buffersCreated + counts.bindGroupsCreated === 0 || i === WARM_UP) return counts;
  }
}

function snapshot({ submits, writes, writeBytes, buffersCreated, bindGroupsCreated }: GpuCounts): GpuCounts {
  return { submits, writes, writeBytes, buffersCreated, bindGroupsCreated };
}

function difference(before: GpuCounts, after: GpuCounts): GpuCounts {
  const names = Object.keys(after) as (keyof GpuCounts)[];
  return Object.fromEntries(names.map((name) => [name, after[name] - before[name]])) as unknown as GpuCounts;
}

/** Waits for everything before; errors of earlier launches are thrown here. */
async function settled(device: Device): Promise<void> {
  const scratch = device.alloc("u32", 1, "unscoped");
  await device.read(scratch).finally(() => device.free(scratch));
}

function explainCommands({ device, known }: Repeatable, commands: readonly StepCommand[], samples: readonly number[][]): TracedLaunch[] {
  const operands = new Operands(device, known);
  return commands.map((command, i) => {
    const ms = samples[i]!.length > 0 ? { ms: timingOf(samples[i]!).medianMs } : {};
    return { number: i + 1, ...(command.kind === "copy" ? copyOf(command, i + 1, operands) : launchOf(device, command, i + 1, operands)), ...ms };
  });
}

function copyOf({ from, to }: CopyCommand, number: number, operands: Operands): Explained {
  const bound = operands.ofCopy(from, to, number);
  return { op: "copy", formula: "to[i] = from[i]", params: {}, constants: {}, operands: bound, bytes: sumOf(bound, "bytes") };
}

function launchOf(device: Device, command: RunCommand, number: number, operands: Operands): Explained {
  const { launch } = command;
  const { kernel } = launch;
  const webGpu = webGpuOf(device);
  const plan = webGpu?.planOf(launch);
  const core = plan?.pipeline.frame.core;
  const params = numbersAt(device, command);
  const bound = operands.of(launch, number);
  return {
    op: kernel.name,
    kernel,
    shaders: shadersOf(kernel, core),
    ...readingOf(kernel, core),
    ...(plan && { grid: plan.grid }),
    params,
    constants: { ...kernel.constants, ...launch.constants },
    operands: bound,
    // without a grid nothing is dispatched
    bytes: webGpu && !plan ? 0 : sumOf(bound, "bytes"),
    ...(kernel.cost && { flops: kernel.cost(params).flops }),
  };
}

function totalsOf(launches: readonly TracedLaunch[]): TraceTotals {
  return { launches: launches.length, bytesMoved: sumOf(launches, "bytes"), flops: sumOf(launches, "flops"), ms: sumOf(launches, "ms") };
}

function sumOf<K extends string>(all: readonly { readonly [name in K]?: number }[], name: K): number {
  return all.reduce((sum, { [name]: value = 0 }) => sum + value, 0);
}
