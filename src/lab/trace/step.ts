/** One step of a program, recorded as it runs so that each of its launches can be run again by itself and timed. */
import { AT_LEAST_ZERO, type Check, checkOptions, type Checks, checkValue, DEVICE, isPlain, OBJECT } from "../../check.ts";
import type { Device, Slice, StepValues } from "../../device/device.ts";
import type { Command } from "../../device/recording.ts";
import { numbersOf } from "../../device/step_row.ts";
import type { Params } from "../../kernel.ts";
import type { GpuClock } from "../timing/gpu_clock.ts";

/** A launch or a copy, with the step row that was in force. */
export type StepCommand = Command & { readonly step?: StepValues };

export type RunCommand = Extract<StepCommand, { kind: "run" }>;
export type CopyCommand = Extract<StepCommand, { kind: "copy" }>;

/** What a step launched and copied, in order, with its memory kept. */
export interface RecordedStep {
  readonly commands: readonly StepCommand[];
  /** Frees what the step itself had freed; until then everything can run again. */
  free(): void;
}

/** Runs `f` and keeps what it launches and copies. */
export function recordStep(device: Device, f: () => void): RecordedStep {
  checkValue("recordStep", "device", device, DEVICE);
  const commands: StepCommand[] = [];
  const later: (() => void)[] = [];
  const free = (): void => later.splice(0).forEach((one) => one());
  try {
    device.watch(
      {
        launched: (launch, step) => commands.push({ kind: "run", launch, ...(step && { step }) }),
        copied: (from, to) => commands.push({ kind: "copy", from, to }),
        freeing: (one) => later.push(one),
      },
      f,
    );
  } catch (error) {
    free();
    throw error;
  }
  return { commands, free };
}

/** How long a step is timed. */
export interface RoundOptions {
  /** Milliseconds after which no further round begins; default 1000. */
  readonly timeMs?: number;
}

export const ROUND_OPTIONS: Checks<keyof RoundOptions> = { timeMs: AT_LEAST_ZERO };
const COMMANDS: Check = ["is an array of commands", (given) => Array.isArray(given) && given.every(isPlain), undefined, "recordStep gives them"];

/** So many rounds there are at least. */
const ROUNDS = 3;

/**
 * Milliseconds of each command, by command and round: round after round all of them in order, so that each finds caches as a step leaves them. By
 * the GPU's clock if there is one, which sees no copies: they and launches with nothing to do have no samples then.
 */
export async function timeStep(device: Device, commands: readonly StepCommand[], clock?: GpuClock, options: RoundOptions = {}): Promise<number[][]> {
  checkValue("timeStep", "commands", commands, COMMANDS);
  checkOptions("timeStep", options, ROUND_OPTIONS);
  const { timeMs = 1000 } = options;
  const seen = (command: StepCommand): boolean => !clock || (command.kind === "run" && !isIdle(device, command));
  const samples = commands.map((): number[] => []);
  const round = async (keep: boolean): Promise<void> => {
    for (const [i, command] of commands.entries()) {
      const elapsed = seen(command) ? await timeOnce(device, command, clock) : undefined;
      if (keep && elapsed !== undefined) samples[i]!.push(elapsed);
    }
  };
  await round(false);
  const start = performance.now();
  for (let n = 0; n < ROUNDS || performance.now() - start < timeMs; n++) await round(true);
  return samples;
}

async function timeOnce(device: Device, command: StepCommand, clock: GpuClock | undefined): Promise<number> {
  const start = performance.now();
  runAgain(device, command);
  const slice = writtenBy(command);
  if (slice) await device.read(slice.view(0, Math.min(1, slice.length)));
  const elapsed = performance.now() - start;
  return clock ? clock.elapsed() : elapsed;
}

function runAgain(device: Device, command: StepCommand): void {
  if (command.kind === "copy") return device.copy(command.from, command.to);
  const { kernel, inputs, outputs, params, constants } = command.launch;
  const run = (): void => device.run(kernel, inputs, outputs, params, constants);
  if (command.step) device.step(command.step.layout, command.step.row, run);
  else run();
}

function writtenBy(command: StepCommand): Slice | undefined {
  return command.kind === "copy" ? command.to : (command.launch.outputs.find((slice) => slice !== null) ?? undefined);
}

/** The Params of a launch as the device sees them, words of the step row by their values. */
export function numbersAt(device: Device, { launch, step }: RunCommand): Params {
  const { params, update } = numbersOf(launch, device.info.precision);
  update(step?.layout, step?.row);
  return params;
}

/** Whether a launch has an empty grid. */
export function isIdle(device: Device, command: RunCommand): boolean {
  const { kernel, constants } = command.launch;
  return kernel.grid(numbersAt(device, command), { ...kernel.constants, ...constants }).includes(0);
}

/** The sizes among Params, as they are named in formulas: `M 128 N 400 K 784`. */
export function sizesOf(params: Readonly<Record<string, unknown>>): string {
  checkValue("sizesOf", "params", params, OBJECT);
  const sizes = Object.entries(params).filter(([name, value]) => /^([A-Z]|n)$/.test(name) && typeof value === "number");
  return sizes.map(([name, value]) => `${name} ${value as number}`).join(" ");
}
