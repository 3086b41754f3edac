/** What a training prints: a table or JSON lines on stdout, or neither, and a bar on stderr where it is a terminal. */
import { join } from "node:path";
import type { Device } from "../../device/device.ts";
import type { TrainingState } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import type { Compiling, Progress } from "../../vae/training/train_options.ts";
import { ProgressBar } from "../progress.ts";
import { print, warn } from "../terminal.ts";

/** One line of history.jsonl, and of `--json` but for its type: losses in nats per example. */
export function historyLine(report: EpochReport): string {
  return JSON.stringify(plainReport(report));
}

function plainReport({ epoch, negElbo, reconstruction, kl, negBound, validation, device, stepMs }: EpochReport): EpochReport {
  return { epoch, negElbo, reconstruction, kl, ...(negBound !== undefined && { negBound }), ...(validation && { validation }), device, stepMs };
}

/** What stdout is for: a table, lines of JSON (docs/json.md), or something else at the end. */
export type Output = "table" | "lines" | "none";

const LOSSES = ["negElbo", "reconstruction", "kl"] as const;
/** What an importance-weighted run minimises stands before its ELBO. */
const WITH_BOUND = ["negBound", ...LOSSES] as const;

type Name = (typeof WITH_BOUND)[number];

const titlesOf = (names: readonly Name[]): string[] => ["epoch", ...names, ...names.map((name) => `val ${name}`), "ms/step"];

function tableLine(report: EpochReport, names: readonly Name[]): string {
  const { epoch, validation, stepMs } = report;
  const losses = [...names.map((name) => report[name]), ...names.map((name) => validation?.[name])];
  const cells = [String(epoch), ...losses.map((loss) => loss?.toFixed(2) ?? "–"), stepMs.toFixed(2)];
  const titles = titlesOf(names);
  return cells.map((cell, i) => cell.padStart(titles[i]!.length)).join("  ");
}

/** From where a run goes on. */
export function resumedText(folder: string, { step, stepsPerEpoch }: TrainingState, epochs: number): string {
  const done = Math.floor(step / stepsPerEpoch);
  const place = `in epoch ${done + 1} of ${epochs}, at step ${(step % stepsPerEpoch) + 1} of ${stepsPerEpoch}`;
  return `resumed from ${folder} after ${step} steps: ${done < epochs ? `goes on ${place}` : `all ${epochs} epochs are done`}`;
}

/** A device by its name and its driver's words; one that is emulated says so. */
export function describeDevice({ name, info: { adapter, software } }: Device): string {
  return `${name} (${adapter}${software && name === "webgpu" ? ", a GPU emulated in software" : ""})`;
}

export class TrainingLog {
  readonly #output: Output;
  readonly #epochs: number;
  readonly #names: readonly Name[];
  readonly #bar = new ProgressBar(process.stderr);
  #saidCompiling = false;

  /** `bound`: whether reports have a negBound. */
  constructor(output: Output, epochs: number, bound = false) {
    this.#output = output;
    this.#names = bound ? WITH_BOUND : LOSSES;
    this.#epochs = epochs;
  }

  /** `about` is a line on data and model, `notes` are lines on what the data asks for; `run` is both for programs. */
  begin(about: string, device: Device, notes?: string, run: Readonly<Record<string, unknown>> = {}): void {
    const { name, info } = device;
    this.#line("run", { ...run, device: name, adapter: info.adapter, software: info.software });
    if (this.#output === "table") print(`${about}; device ${describeDevice(device)}`);
    if (notes !== undefined) this.#say(notes);
    if (this.#output === "table") print(`losses in nats per example\n${titlesOf(this.#names).join("  ")}`);
  }

  /** A line drawn over itself on a terminal; elsewhere said once. */
  compiling({ shaders, seconds }: Compiling): void {
    const text = `compiling ${shaders} shaders …`;
    if (process.stderr.isTTY) this.#bar.show(`${text} ${seconds.toFixed(0)} s`);
    else if (!this.#saidCompiling) warn(text);
    this.#saidCompiling = true;
  }

  progress({ epoch, step, steps, negElbo }: Progress): void {
    const fraction = (epoch - 1 + step / steps) / this.#epochs;
    this.#bar.update(fraction, `epoch ${epoch}/${this.#epochs}  negElbo ${negElbo.toFixed(2)}`);
  }

  epoch(report: EpochReport): void {
    this.#bar.clear();
    this.#line("epoch", plainReport(report));
    if (this.#output === "table") print(tableLine(report, this.#names));
    // With a terminal the bar tells; with a table the table does.
    if (process.stderr.isTTY || this.#output === "table") return;
    const left = this.#bar.remaining(report.epoch / this.#epochs);
    warn(`epoch ${report.epoch}/${this.#epochs}  negElbo ${report.negElbo.toFixed(2)}  ETA ${left}`);
  }

  /** Something that is known beside the epochs. */
  note(text: string): void {
    this.#line("note", { text: text.trim() });
    this.#say(text);
  }

  /** What went wrong, or will, and does not end the run: on stderr, whatever stdout is for. */
  warn(text: string): void {
    this.#bar.clear();
    this.#line("warning", { text });
    warn(`warning: ${text}`);
  }

  /** What people read at the end; `result` has it for programs. */
  findings(text: string): void {
    this.#say(text);
  }

  /** The last line of a run that did not fail. */
  result(result: Readonly<Record<string, unknown>>): void {
    this.#line("result", result);
  }

  clear(): void {
    this.#bar.clear();
  }

  /** Says where the outputs are. */
  end(folder: string, names: readonly string[]): void {
    this.#say(`written: ${names.map((name) => join(folder, name)).join(", ")}`);
  }
  /** Lines for people, on stdout where it is for them. */
  #say(text: string): void {
    this.#bar.clear();
    if (this.#output === "table") print(text);
    else warn(text);
  }

  #line(type: "run" | "epoch" | "note" | "warning" | "result", fields: object): void {
    if (this.#output === "lines") print(JSON.stringify({ type, ...fields }));
  }
}
