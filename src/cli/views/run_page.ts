/** What report.html says of a run. */
import { type Fact, runReport } from "../../report/html.ts";
import type { EpochReport } from "../../vae/training/losses.ts";
import type { Vae } from "../../vae/vae.ts";
import { commandLine, withoutOption } from "../shell.ts";
import { TRAIN_OPTIONS, type TrainArguments } from "../training/train_options.ts";
import type { TrainingData } from "../training/training_data.ts";
import { describeDevice } from "../training/training_log.ts";
import { versions } from "../versions.ts";
import type { RunPicture } from "./pictures.ts";

export interface RunFacts {
  readonly vae: Vae;
  readonly data: TrainingData;
  readonly history: readonly EpochReport[];
  readonly pictures: readonly RunPicture[];
  readonly findings: readonly (readonly [title: string, rows: readonly Fact[]])[];
  readonly options: TrainArguments;
  readonly args: readonly string[];
}

/** `digits: 1437 images of 8×8, 360 for validation`. */
export function summaryOf({ train, validation }: Pick<TrainingData, "train" | "validation">): string {
  const { name, rows, columns, width, height, channels } = train;
  const what =
    width !== undefined && height !== undefined ? `images of ${width}×${height}${channels === 3 ? " in colour" : ""}` : `rows of ${columns} columns`;
  return `${name}: ${rows} ${what}, ${validation?.rows ?? 0} for validation`;
}

export function runPage({ vae, data, history, pictures, findings, options, args }: RunFacts): string {
  const environment: Fact[] = [["device", describeDevice(vae.device)], ...Object.entries(versions())];
  return runReport({
    title: `elbograd: ${data.train.name}`,
    summary: summaryOf(data),
    history,
    pictures,
    findings,
    configuration: configuration(vae, data, options),
    environment,
    command: commandLine(["train", ...withoutOption(args, "--resume")]),
  });
}

/** Numbers that training learns. */
export function parameterCount({ parameters }: Vae): number {
  return [...parameters.tensors.values()].reduce((sum, { size }) => sum + size, 0);
}

/** The model as it is, then the options as they were given or by default; those that were not given and have no default are left out. */
function configuration(vae: Vae, { likelihood, scaling, batchSize }: TrainingData, options: TrainArguments): Fact[] {
  const numbers = Object.entries(likelihood.options).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  const settled: Partial<TrainArguments> = { ...options, "batch-size": batchSize };
  const rest = (Object.keys(TRAIN_OPTIONS) as (keyof TrainArguments)[]).filter((name) => settled[name] !== undefined && !ELSEWHERE.has(name));
  return [
    ["likelihood", [likelihood.name, ...numbers].join(", ")],
    ["scaling", scaling.kind],
    ["parameters", String(parameterCount(vae))],
    ...rest.map((name): Fact => [name, String(settled[name])]),
  ];
}

/** Options that say nothing of the model, or are shown as what became of them. */
const ELSEWHERE: ReadonlySet<string> = new Set(["likelihood", "scale", "variance", "device", "out", "json", "no-checkpoint", "resume", "remedy"]);
