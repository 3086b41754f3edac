/** What a training run was configured with, as plain JSON. */
import type { Dataset } from "../../data/dataset.ts";
import type { Optimizer } from "../../nn/optimizer.ts";
import type { Schedule } from "../../nn/schedules.ts";
import { cut, harmless, quoted } from "../../text.ts";
import { storedConfig } from "../files/save.ts";
import type { Objective } from "../objectives/objective.ts";
import type { Vae } from "../vae.ts";
import { type LaidOut, scheduleText } from "./laid_out.ts";
import type { TrainOptions } from "./train_options.ts";

/** Plain JSON, by name. */
export type Configuration = Readonly<Record<string, unknown>>;

/** What options left to their defaults have become, and what schedules come to. */
export interface Settled {
  readonly optimizer: Optimizer;
  readonly objective: Objective;
  readonly laid: LaidOut;
}

/** Everything that must be the same in a resumed run, but for its length. */
export function configurationOf(vae: Vae, data: Dataset, options: TrainOptions, { optimizer, objective, laid }: Settled): Configuration {
  const { batchSize, seed, clip = {}, binarise = false, earlyStopping = null, beta = 1, validation, settings } = options;
  const scheduled = (given: number | Schedule, values: Float32Array): number | string => (typeof given === "number" ? given : scheduleText(values));
  const numbers = Object.values(objective.options).includes("scheduled") ? { numbers: scheduleText(laid.objective) } : {};
  return {
    ...storedConfig(vae),
    rows: data.rows,
    data: data.digest,
    validationRows: validation?.rows ?? 0,
    ...(validation && { validationData: validation.digest }),
    batchSize,
    trainingSeed: seed,
    optimizer: { name: optimizer.name, ...optimizer.options },
    learningRate: scheduled(options.learningRate ?? optimizer.learningRate, laid.learningRate),
    beta: scheduled(beta, laid.beta),
    objective: { name: objective.name, samples: objective.samples, ...objective.options, ...numbers },
    clip,
    binarise,
    earlyStopping,
    ...settings,
  };
}

/** Throws with a list of what differs unless both configurations are the same; other data have a message of their own. */
export function checkSameConfiguration(stored: Configuration, own: Configuration): void {
  const [there, here] = [flat(stored), flat(own)];
  const differs = (name: string): boolean => there.get(name) !== here.get(name);
  const otherSteps = differs("rows") || differs("batchSize");
  // over other steps the same schedule comes to other numbers
  const follows = (name: string): boolean => otherSteps && [there, here].every((texts) => texts.get(name)?.startsWith(SCHEDULE));
  const names = [...new Set([...there.keys(), ...here.keys()])].filter((name) => differs(name) && !follows(name));
  if (names.length === 0) return;
  const text = (value = "nothing"): string => harmless(cut(value));
  const each = names.map((name) => `${quoted(name).slice(1, -1)} ${text(there.get(name))} there and ${text(here.get(name))} here`);
  const differences = cut(each.join("; "), MOST);
  if (names.every((name) => DATA.has(name))) {
    throw new RangeError(`train: the checkpoint is of other data: ${differences} (resume with the same rows in the same order)`);
  }
  throw new RangeError(`train: the checkpoint is of another configuration: ${differences} (resume with the options that it was made with)`);
}

/** Characters of the differences that a message lists: anybody may have written the file. */
const MOST = 1200;

/** How a schedule begins as JSON. */
const SCHEDULE = '"schedule ';

const DATA: ReadonlySet<string> = new Set(["rows", "data", "validationRows", "validationData"]);

/** Values as JSON by their names; those of an object within as `optimizer.beta1`. */
function flat(configuration: Configuration, before = ""): Map<string, string> {
  const pairs = Object.entries(configuration).flatMap(([name, value]): [string, string][] => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return [...flat(value as Configuration, `${before}${name}.`)];
    const text = JSON.stringify(value) as string | undefined;
    return text === undefined ? [] : [[before + name, text]];
  });
  return new Map(pairs);
}
