/** The options of `train` that say what latents are scored against, and the prior that they stand for. */
import { scaled } from "../../data/scaling.ts";
import { key, permutation } from "../../random.ts";
import { mixture, type Prior, standardNormal, vampPrior } from "../../vae/priors/registry.ts";
import { UsageError } from "../command.ts";
import { oneOf, optional, type TableOf, whole } from "../options.ts";
import type { TrainingData } from "./training_data.ts";
import type { TrainOptions } from "./train_options.ts";

export interface PriorOptions {
  readonly prior: "normal" | "mixture" | "vamp";
  readonly components: number | undefined;
}

export const PRIOR_OPTIONS: TableOf<PriorOptions> = {
  prior: oneOf(
    ["normal", "mixture", "vamp"],
    "p(z): N(0, I), a learned mixture of normal distributions, or one of posteriors of learned pseudo-inputs; of the latter two the KL is by samples",
    "normal",
  ),
  components: optional(whole(1, "of --prior mixture, and pseudo-inputs of vamp (default 20)", 1)),
};

const COMPONENTS = 20;

/** The stream of random numbers that picks the first pseudo-inputs: one that training does not use. */
const PSEUDO_INPUTS = 0x56414d50;

/** UsageError for options that would be accepted and then do nothing, or that contradict each other. */
export function checkPriorOptions({ prior, components, condition, kl, "free-bits": freeBits }: TrainOptions): void {
  const fail = (name: string, to: string): never => {
    throw new UsageError(`train: --${name} belongs to ${to}, got --prior ${prior}`);
  };
  if (prior === "normal" && components !== undefined) fail("components", "--prior mixture or vamp");
  if (prior === "normal") return;
  if (kl === "analytic") fail("kl analytic", "--prior normal");
  if (freeBits !== undefined) fail("free-bits", "--prior normal");
  if (prior === "vamp" && condition !== undefined) fail("condition", "--prior normal or mixture");
}

/** Pseudo-inputs begin as training rows. */
export function priorOf(
  { train: { values, columns, rows }, scaling }: TrainingData,
  { prior, components: K = COMPONENTS, seed }: TrainOptions,
): Prior {
  if (prior === "normal") return standardNormal();
  if (prior === "mixture") return mixture({ components: K });
  const order = permutation(key(seed).fold(PSEUDO_INPUTS), rows);
  const picked = Array.from({ length: K }, (_, k) => order[k % rows]!);
  const chosen = Float64Array.from({ length: K * columns }, (_, i) => values[picked[Math.floor(i / columns)]! * columns + (i % columns)]!);
  return vampPrior({ pseudoInputs: K, rows: scaled(chosen, columns, scaling) });
}
