/** What `train` says of the likelihood: the one that the data asks for, and what a good loss is. */
import type { Dataset } from "../../data/dataset.ts";
import { type Baseline, baselines } from "../../judge/baselines.ts";
import { caution } from "../../judge/proposal.ts";
import type { Fact } from "../../report/html.ts";
import { boundOf, type EpochReport, type Losses } from "../../vae/training/losses.ts";
import type { Vae } from "../../vae/vae.ts";
import { counted } from "../rows/cells.ts";
import { alignedRows, plainEstimate, plusMinus } from "../table.ts";
import type { TrainArguments } from "../training/train_options.ts";
import type { TrainingData } from "../training/training_data.ts";

/** What the rows are taken for, the likelihood of the run, the one that the data asks for with the evidence, and what to know of numbers in the one that was chosen. */
export function likelihoodFacts({ taken, likelihood }: TrainingData, options: Pick<TrainArguments, "binarise" | "likelihood">): Fact[] {
  const { binarise } = options;
  const { kind, likelihood: proposed, evidence } = taken.proposal;
  const warning = caution(kind, { likelihood: likelihood.name, binarise });
  const by = options.likelihood !== "auto" ? "" : likelihood.name === proposed ? ", as the data suggests" : ", as is usual for images";
  return [
    ["taken as", taken.about],
    ["likelihood", `${likelihood.name}${binarise ? ", on binarised values" : ""}${by}`],
    ["the data suggests", `${proposed} (${evidence})`],
    ...(warning === undefined ? [] : [["mind:", warning] as const]),
  ];
}

/** The model's loss beside those of models without training. */
export interface BaselineComparison {
  /** `360 validation rows`. */
  readonly on: string;
  readonly model: readonly Fact[];
  readonly baselines: readonly Baseline[];
  readonly verdict: string;
  /** How far the model's loss lies below the best baseline's: nats per example. */
  readonly betterBy: number | undefined;
}

/** What there is to compare with baselines: rows, and the reports of all epochs. */
export interface Compared {
  readonly vae: Vae;
  readonly train: Dataset;
  readonly validation: Dataset | undefined;
  readonly history: readonly EpochReport[];
  /** Whether the weights are those of the best epoch, and not those of the last one. */
  readonly best: boolean;
  readonly signal: AbortSignal;
}

/** Fits the baselines to the training rows, and scores them where the model was scored. */
export async function compareWithBaselines({ vae, train, validation, history, best, signal }: Compared): Promise<BaselineComparison> {
  const { likelihood, latent } = vae.config;
  const score = scoreOf(keptReport(history, best));
  const found = await baselines(train, validation ?? train, { likelihood, latent, signal });
  const on = validation ? counted(validation.rows, "validation rows") : `the ${train.rows} training rows`;
  const { negElbo, negBound } = score;
  const model: Fact[] = [["this model, negElbo", negElbo.toFixed(2)]];
  if (negBound !== undefined) model.push(["this model, negBound", negBound.toFixed(2)]);
  const [closest] = found.toSorted((a, b) => a.nll.mean - b.nll.mean);
  const betterBy = closest && closest.nll.mean - boundOf(score);
  return { on, model, baselines: found, verdict: verdictOf(betterBy, closest), betterBy };
}

/** The epoch whose weights the model has: the last one, or the best. */
export function keptReport(history: readonly EpochReport[], best: boolean): EpochReport {
  return best ? history.reduce((least, report) => (boundOf(scoreOf(report)) < boundOf(scoreOf(least)) ? report : least)) : history.at(-1)!;
}

function scoreOf(report: EpochReport): Losses {
  return report.validation ?? report;
}

function verdictOf(gap: number | undefined, best: Baseline | undefined): string {
  if (gap === undefined || !best) return "there is no baseline for this likelihood";
  if (gap > 0) return `the model is ${gap.toFixed(2)} nats better than ${best.name}`;
  return `the model is ${(-gap).toFixed(2)} nats worse than ${best.name}, which needs no training: train for longer, or with other options`;
}

/** The same for programs. */
export function comparisonJson({ on, baselines: found, verdict, betterBy }: BaselineComparison): Record<string, unknown> {
  return { verdict, betterBy, on, baselines: found.map(({ name, about, nll }) => ({ name, about, nll: plainEstimate(nll) })) };
}

/** The baselines as lines of a table. */
export function comparisonText({ on, model, baselines: found, verdict }: BaselineComparison): string {
  const rows = [
    ...model.map(([name, value]) => [name, value, "", "at least −log p(x)"]),
    ...found.map(({ name, nll: { mean, standardError }, about }) => [name, mean.toFixed(2), plusMinus(standardError, 2), about]),
  ];
  return [`\nlosses on ${on}, nats per example`, ...alignedRows(rows, [true, false, true, true]), verdict].join("\n");
}

/** The same for the page. */
export function comparisonFacts({ on, model, baselines: found, verdict }: BaselineComparison): Fact[] {
  return [
    ["nats per example of", on],
    ...model,
    ...found.map(({ name, nll: { mean, standardError }, about }): Fact => [
      name,
      `${mean.toFixed(2)} ${plusMinus(standardError, 2)} (${about})`.replace("  ", " "),
    ]),
    ["so", verdict],
  ];
}
