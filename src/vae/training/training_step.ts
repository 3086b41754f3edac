/** What one training step launches, and the words of its step row. */
import { grad } from "../../autodiff.ts";
import { batchOf, type Dataset } from "../../data/dataset.ts";
import type { Slice, StepLayout } from "../../device/device.ts";
import { type StepWord, word } from "../../kernel.ts";
import { clipByNorm, clipByValue } from "../../nn/clip.ts";
import type { Optimizer } from "../../nn/optimizer.ts";
import { binarise } from "../../ops/binarise.ts";
import type { Objective } from "../objectives/objective.ts";
import type { Vae } from "../vae.ts";
import { writeLoss } from "./losses.ts";
import { timeOf } from "./scheduled.ts";
import type { TrainerOptions } from "./trainer_options.ts";

/** What changes from step to step, besides the numbers of objective and optimizer. */
const base = { offset: "u32", slot: "u32", noise0: "u32", noise1: "u32", draw0: "u32", draw1: "u32" } as const;

interface Parts {
  readonly vae: Vae;
  readonly data: Dataset;
  readonly options: TrainerOptions;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  /** The rows in the order of the epoch. */
  readonly order: Slice;
  /** Three numbers for each step of an epoch. */
  readonly sums: Slice;
}

export class TrainingStep {
  readonly layout: StepLayout;
  readonly #parts: Parts;
  /** The words that the objective reads, and those of the optimizer. */
  readonly #scalars: Readonly<Record<string, StepWord>>;
  readonly #rates: Readonly<Record<string, StepWord>>;

  constructor(parts: Parts) {
    const { objective, optimizer, data, options } = parts;
    this.#parts = parts;
    this.#scalars = wordsOf(objective.at(options.batchSize, 1, timeOf(0, data, options)));
    this.#rates = wordsOf(optimizer.at(1));
    const names = Object.keys({ ...this.#scalars, ...this.#rates });
    this.layout = { ...base, ...Object.fromEntries(names.map((name) => [name, "f32" as const])) };
  }

  /** Loss, the sums of it for the report, gradients and update, of a batch of so many rows. */
  launch(rows: number): void {
    this.#parts.vae.device.scope(() => this.#launchScoped(rows));
  }

  #launchScoped(rows: number): void {
    const { vae, data, order, sums, objective, optimizer } = this.#parts;
    const { clip = {}, binarise: draws } = this.#parts.options;
    const { parameters } = vae;
    const words = (a: string, b: string) => ({ words: [word(a), word(b)] as const });
    const raw = batchOf(data, rows, word("offset"), order);
    const key = words("draw0", "draw1");
    const batch = draws ? binarise(raw, key) : vae.config.likelihood.jitters ? { ...raw, jitter: key } : raw;
    const loss = objective.loss(vae, batch, { noise: words("noise0", "noise1"), scalars: this.#scalars });
    writeLoss(loss, sums, word("slot"));
    grad(loss.objective, [...parameters.tensors.values()], { into: parameters.gradients });
    if (clip.norm !== undefined) clipByNorm(parameters, clip.norm);
    if (clip.value !== undefined) clipByValue(parameters, clip.value);
    optimizer.update(this.#rates);
  }
}

/** The words of the step row that hold numbers, by the numbers' names. */
function wordsOf(numbers: Readonly<Record<string, number>>): Readonly<Record<string, StepWord>> {
  return Object.fromEntries(Object.keys(numbers).map((name) => [name, word(name)]));
}
