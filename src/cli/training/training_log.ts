/** What `train` prints: a table or JSON lines on stdout, a bar on stderr where it is a terminal. */
import { join } from "node:path";
import type { Device } from "../../device/device.ts";
import type { TrainingState } from "../../vae/training/checkpoint.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import type { Compiling, Progress } from "../../vae/training/train_options.ts";
import { ProgressBar } from "../progress.ts";
import { print, warn } from "../terminal.ts";

/** One line of `--json` and of history.jsonl: losses in nats per example. */
export function historyLine({ epoch, negElbo, reconstruction, kl, negBound, validation, device, stepMs }: EpochReport): string {
  return JSON.stringify({ epoch, negElbo, reconstruction, kl, negBound, validation, device, stepMs });
}

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
  readonly #json: boolean;
  readonly #epochs: number;
  readonly #names: readonly Name[];
  readonly #bar = new ProgressBar(process.stderr);
  #saidCompiling = false;

  /** `bound`: whether reports have a negBound. */
  constructor(json: boolean, epochs: number, bound = false) {
    this.#json = json;
    this.#names = bound ? WITH_BOUND : LOSSES;
    this.#epochs = epochs;
  }

  /** `about` is a line on data and model, `notes` are lines on what the data asks for. */
  begin(about: string, device: Device, notes?: string): void {
    if (!this.#json) print(`${about}; device ${describeDevice(device)}`);
    if (notes !== undefined) this.note(notes);
    if (this.#json) return;
    print(`losses in nats per example\n${titlesOf(this.#names).join("  ")}`);
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
    print(this.#json ? historyLine(report) : tableLine(report, this.#names));
    // With a terminal the bar tells; with a table the table does.
    if (process.stderr.isTTY || !this.#json) return;
    const left = this.#bar.remaining(report.epoch / this.#epochs);
    warn(`epoch ${report.epoch}/${this.#epochs}  negElbo ${report.negElbo.toFixed(2)}  ETA ${left}`);
  }

  /** Lines beside the epochs; with `--json` on stderr, because stdout is for the epochs alone. */
  note(text: string): void {
    this.#bar.clear();
    if (this.#json) warn(text);
    else print(text);
  }

  /** What went wrong and does not end the run: a line on stderr. */
  warn(text: string): void {
    this.#bar.clear();
    warn(`warning: ${text}`);
  }

  clear(): void {
    this.#bar.clear();
  }

  /** Says where the outputs are. */
  end(folder: string, names: readonly string[]): void {
    this.note(`written: ${names.map((name) => join(folder, name)).join(", ")}`);
  }
}
