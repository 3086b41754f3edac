/** `train --remedy`: trains again with each remedy, and compares. */
import type { Dataset } from "../../data/dataset.ts";
import type { Device } from "../../device/device.ts";
import { evaluate } from "../../judge/evaluate.ts";
import type { Evaluation } from "../../judge/evaluation.ts";
import { train } from "../../vae/training/train.ts";
import type { Vae } from "../../vae/vae.ts";
import { alignedRows } from "../table.ts";
import { trainerOptionsOf, vaeOf } from "../training/library_options.ts";
import type { ObjectiveArguments } from "../training/objective_options.ts";
import { INSTEAD, REMEDIES, remediesFor, type RemedyName } from "../training/remedies.ts";
import type { TrainArguments } from "../training/train_options.ts";
import type { TrainingData } from "../training/training_data.ts";

/** A model with or without a remedy, and what came of it. */
export interface RemedyOutcome {
  readonly name: string;
  readonly options: string;
  readonly evaluation: Evaluation;
}

/** What is tried, and on what. */
export interface Trial {
  readonly device: Device;
  readonly data: TrainingData;
  readonly options: TrainArguments;
  readonly train: Dataset;
  readonly held: Dataset;
  readonly epochs: number;
  readonly signal: AbortSignal;
}

/** What a trained model does, as a line of the table. */
export async function outcomeOf(name: string, options: string, vae: Vae, { held, signal }: Pick<Trial, "held" | "signal">): Promise<RemedyOutcome> {
  return { name, options, evaluation: await evaluate(vae, held, { signal }) };
}

/** Trains with one remedy after the other. */
export async function* tryRemedies(which: RemedyName | "all", trial: Trial): AsyncGenerator<RemedyOutcome> {
  const { device, data, epochs, signal } = trial;
  for (const name of which === "all" ? remediesFor(trial.options) : [which]) {
    const change = REMEDIES[name].change({ ...trial.options, epochs });
    const options: TrainArguments = { ...trial.options, ...INSTEAD[name], ...change, epochs };
    const vae = vaeOf(device, data, options);
    try {
      for await (const report of train(vae, trial.train, { ...trainerOptionsOf(data, options), epochs, signal })) void report;
      yield await outcomeOf(name, optionsText(change), vae, trial);
    } finally {
      vae.dispose();
    }
  }
}

function optionsText(change: Partial<ObjectiveArguments>): string {
  return Object.entries(change)
    .map(([name, value]) => `--${name} ${String(value)}`)
    .join(" ");
}

/** Before and after. */
export function remedyTable(outcomes: readonly RemedyOutcome[]): string {
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

/** An outcome for programs. */
export function remedyJson({ name, options, evaluation: { activeUnits, kl, negElbo, collapse } }: RemedyOutcome): Record<string, unknown> {
  return { name, options, activeUnits, dead: collapse.dead, verdict: collapse.verdict, kl: kl.mean, negElbo: negElbo.mean };
}
