/** `train --remedy`: trains again with each remedy, and compares. */
import type { Dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import { evaluate, type Evaluation } from "../../judge/evaluate.ts";
import { train } from "../../vae/training/train.ts";
import type { Vae } from "../../vae/vae.ts";
import type { ObjectiveOptions } from "../training/objective_options.ts";
import { INSTEAD, REMEDIES, remediesFor, type RemedyName } from "../training/remedies.ts";
import { alignedRows } from "../table.ts";
import type { TrainingData } from "../training/training_data.ts";
import type { TrainOptions } from "../training/train_options.ts";
import { trainerOptionsOf, vaeOf } from "../training/library_options.ts";

/** A model with or without a remedy, and what came of it. */
export interface Outcome {
  readonly name: string;
  readonly options: string;
  readonly evaluation: Evaluation;
}

/** What is tried, and on what. */
export interface Trial {
  readonly device: Device;
  readonly data: TrainingData;
  readonly options: TrainOptions;
  readonly train: Dataset;
  readonly held: Dataset;
  readonly epochs: number;
  readonly signal: AbortSignal;
}

/** What a trained model does, as a line of the table. */
export async function outcomeOf(name: string, options: string, vae: Vae, { held, signal }: Pick<Trial, "held" | "signal">): Promise<Outcome> {
  return { name, options, evaluation: await evaluate(vae, held, { signal }) };
}

/** Trains with one remedy after the other. */
export async function* tryRemedies(which: RemedyName | "all", trial: Trial): AsyncGenerator<Outcome> {
  const { device, data, epochs, signal } = trial;
  for (const name of which === "all" ? remediesFor(trial.options) : [which]) {
    const change = REMEDIES[name].change({ ...trial.options, epochs });
    const options: TrainOptions = { ...trial.options, ...INSTEAD[name], ...change, epochs };
    const vae = vaeOf(device, data, options);
    try {
      for await (const report of train(vae, trial.train, { ...trainerOptionsOf(data, options), epochs, signal })) void report;
      yield await outcomeOf(name, optionsText(change), vae, trial);
    } finally {
      vae.dispose();
    }
  }
}

function optionsText(change: Partial<ObjectiveOptions>): string {
  return Object.entries(change)
    .map(([name, value]) => `--${name} ${String(value)}`)
    .join(" ");
}

/** Before and after. */
export function remedyTable(outcomes: readonly Outcome[]): string {
  const title = ["remedy", "options", "active units", "dead", "kl", "negElbo", "latents are"];
  const rows = outcomes.map(({ name, options, evaluation: { activeUnits, kl, negElbo, collapse } }) => [
    name,
    options,
    `${activeUnits} of ${collapse.latents.length}`,
    String(collapse.dead.length),
    kl.mean.toFixed(2),
    negElbo.mean.toFixed(2),
    collapse.verdict === "partly" ? "partly collapsed" : collapse.verdict,
  ]);
  return alignedRows([title, ...rows], [true, true, false, false, false, false, true]).join("\n");
}
