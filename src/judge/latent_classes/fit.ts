/** Fitting a mixture of products: how many classes there are is found on rows that are held out. */
import { checkOptions, type Checks, checkValue, COUNT, rowsOf, WHOLE } from "../../check.ts";
import { type Key, permutation } from "../../random.ts";
import { streams } from "../../streams.ts";
import type { EncodedColumn } from "../../table/schema.ts";
import { inTurns, turns, WORK, type WorkOptions } from "../../turns.ts";
import { type Block, blocksOf, type Matrix } from "./coding.ts";
import { Learner } from "./learner.ts";
import type { LatentClasses } from "./model.ts";
import { type PartPlan, planParts } from "./plan.ts";
import { rowDensities } from "./scores.ts";
import { firstClasses } from "./start.ts";

export interface LatentClassOptions extends WorkOptions {
  /** What rows are held out, and where learning begins; default 0. */
  readonly seed?: number;
  /** How many classes; default is as many as are best on held-out rows. One class is the columns, each for itself. */
  readonly classes?: number;
}

const OPTIONS: Checks<keyof LatentClassOptions> = { seed: WHOLE, classes: COUNT, ...WORK };

/** Numbers of classes that are tried. */
const CLASSES = [1, 2, 3, 4, 6, 8, 12, 16, 20, 28, 40];
export const TUNE = { tolerance: 1e-4, most: 60, starts: 3, folds: 4 };

export async function fitLatentClasses(values: Matrix, columns: readonly EncodedColumn[], options: LatentClassOptions = {}): Promise<LatentClasses & { tried: unknown }> {
  const { seed = 0 } = options;
  checkOptions("fitLatentClasses", options, OPTIONS);
  return await inTurns(fitSteps(rowsOf("fitLatentClasses", values, columns.length), columns, seed, options.classes), turns(options, 0));
}

function* fitSteps(values: Matrix, columns: readonly EncodedColumn[], seed: number, classes: number | undefined): Generator<number, LatentClasses & { tried: unknown }> {
  const N = values.length / columns.length;
  const order = permutation(streams.latentClassRows(seed), N);
  const plans = planParts(columns, values, order);
  const folds = N < 2000 ? TUNE.folds : 1;
  const share = N < 2000 ? 1 / folds : 0.15;
  const tried: [number, number][] = [];
  let best = [-Infinity, 1];
  if (classes === undefined) {
    for (const K of CLASSES) {
      if (K > N / 5) break;
      let sum = 0;
      let count = 0;
      for (let fold = 0; fold < folds; fold++) {
        const held = order.filter((_, i) => i >= fold * share * N && i < (fold + 1) * share * N);
        const rest = order.filter((_, i) => !(i >= fold * share * N && i < (fold + 1) * share * N));
        const blocks = [...blocksOf(plans, values, columns.length, rest)];
        const heldBlocks = [...blocksOf(plans, values, columns.length, held)];
        const model = yield* learned(plans, blocks, columns.length, K, streams.latentClassStart(seed, K, fold), TUNE.starts);
        const d = rowDensities(model.learner.model(), heldBlocks, held.length);
        sum += d.reduce((a, b) => a + b, 0);
        count += held.length;
      }
      tried.push([K, sum / count]);
      if (sum / count > best[0]!) best = [sum / count, K];
      else if (K > 4 * best[1]! + 4) break;
    }
    classes = best[1]!;
  }
  const blocks = [...blocksOf(plans, values, columns.length, order)];
  const { learner } = yield* learned(plans, blocks, columns.length, classes, streams.latentClassStart(seed, classes, 100), 2 * TUNE.starts);
  return { ...learner.model(), tried };
}

function* learned(plans: readonly PartPlan[], blocks: readonly Block[], columns: number, K: number, key: Key, starts: number): Generator<number, { learner: Learner; total: number }> {
  let best: { learner: Learner; total: number } | undefined;
  for (let s = 0; s < (K === 1 ? 1 : starts); s++) {
    const learner = new Learner(plans, columns, K);
    const first = firstClasses(plans, blocks[0]!, K, key.fold(s));
    yield* learner.step(blocks, (row) => first[row]!);
    let last = -Infinity;
    const rows = blocks.reduce((sum, b) => sum + b.rows, 0);
    let total = 0;
    for (let i = 0; i < TUNE.most; i++) {
      total = yield* learner.step(blocks);
      if (total - last < TUNE.tolerance * rows) break;
      last = total;
    }
    if (!best || total > best.total) best = { learner, total };
  }
  return best!;
}
