/** Data whose every column is one of some levels. */
import { checkOptions, checkValue, COUNT } from "../../check.ts";
import type { Likelihood } from "./likelihood.ts";
import { tableLikelihood } from "./table_likelihood.ts";

/** −log softmax(logits)[x] for each column, of levels 0 … levels − 1, which have a logit each; a missing cell, NaN, adds nothing. */
export function categorical(levels: number): Likelihood {
  checkValue("categorical", "levels", levels, COUNT);
  return tableLikelihood("categorical", { levels }, (D) => Array.from({ length: D }, () => ({ kind: "category", levels }) as const), true);
}

/** `categorical` of options as they stand in a file. */
export function readCategorical(options: unknown): Likelihood {
  checkOptions("categorical", options, { levels: COUNT }, ["levels"]);
  return categorical((options as { levels: number }).levels);
}
