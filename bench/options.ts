/** The command line of the benches: every option may be a list with commas and may be given several times. */
import { parseArgs } from "node:util";
import type { DeviceName } from "elbograd";
import { parseShape, type Sizes } from "./shapes.ts";
import { type Workload, workloadNamed } from "./workloads.ts";

export interface Options {
  readonly workload?: readonly (readonly [name: string, Workload])[];
  readonly shape?: readonly Sizes[];
  readonly batch?: readonly number[];
  readonly steps?: readonly number[];
  readonly mode?: readonly string[];
  readonly rounds?: number;
  readonly device?: readonly DeviceName[];
  readonly threads?: readonly number[];
  readonly time?: number;
  readonly function?: readonly string[];
  readonly write?: boolean;
  readonly read?: boolean;
  readonly megabytes?: number;
  readonly table?: readonly string[];
  readonly json: boolean;
}

export type OptionName = keyof Options;

export interface CommandLine {
  readonly name: string | undefined;
  readonly options: Options;
  readonly help: boolean;
}

const list = { type: "string", multiple: true } as const;
const flag = { type: "boolean", default: false } as const;

export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      workload: list,
      shape: list,
      batch: list,
      steps: list,
      mode: list,
      rounds: { type: "string" },
      device: list,
      threads: list,
      time: { type: "string" },
      function: list,
      write: flag,
      read: flag,
      megabytes: { type: "string" },
      table: list,
      json: flag,
      help: flag,
    },
    allowPositionals: true,
  });
  if (positionals.length > 1) throw new RangeError(`bench: one bench at a time, got ${positionals.join(" ")}`);
  const {
    workload,
    shape,
    batch,
    steps,
    mode,
    rounds,
    device,
    threads,
    time,
    function: functions,
    write,
    read,
    megabytes,
    table,
    json,
    help,
  } = values;
  const options = {
    json,
    ...(workload && { workload: items(workload).map((name) => [name, workloadNamed(name)] as const) }),
    ...(shape && { shape: shape.map(parseShape) }),
    ...(batch && { batch: items(batch).map((text) => count("--batch", text)) }),
    ...(steps && { steps: items(steps).map((text) => count("--steps", text)) }),
    ...(mode && { mode: items(mode) }),
    ...(rounds !== undefined && { rounds: count("--rounds", rounds) }),
    // openDevice checks the names and says which there are
    ...(device && { device: items(device) as DeviceName[] }),
    ...(time !== undefined && { time: count("--time", time) }),
    ...(functions && { function: items(functions) }),
    ...(write && { write }),
    ...(read && { read }),
    ...(megabytes !== undefined && { megabytes: count("--megabytes", megabytes) }),
    ...(table && { table: items(table) }),
    ...(threads && { threads: items(threads).map((text) => count("--threads", text)) }),
  };
  return { name: positionals[0], options, help };
}

/** Throws for an option that the bench has no use for. */
export function checkTaken(bench: string, options: Options, takes: readonly OptionName[]): void {
  for (const name of Object.keys(options)) {
    if (name !== "json" && !takes.includes(name as OptionName)) {
      throw new RangeError(`bench: ${bench} takes ${takes.map((option) => `--${option}`).join(", ")} and --json, got --${name}`);
    }
  }
}

const items = (lists: readonly string[]): string[] => lists.flatMap((text) => text.split(","));

function count(option: string, text: string): number {
  const n = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(n) && n > 0) return n;
  throw new RangeError(`bench: ${option} is a whole number of at least 1, got "${text}"`);
}
