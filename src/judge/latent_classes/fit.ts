/** Fitting a mixture of products: how many classes there are is found on rows that are held out. */
import { checkOptions, type Checks, checkValue, COUNT, FLAG, rowsOf, thing, WHOLE } from "../../check.ts";
import { type Key, permutation } from "../../random.ts";
import { streams } from "../../streams.ts";
import type { EncodedColumn } from "../../table/schema.ts";
import { inTurns, turns, WORK, type WorkOptions } from "../../turns.ts";
import { type Block, blocksOf, type Matrix, ROWS } from "./coding.ts";
import { Learner } from "./learner.ts";
import { joined, type LatentClasses } from "./model.ts";
import { type PartPlan, planParts } from "./plan.ts";
import { sumOfDensities } from "./scores.ts";
import { firstClasses } from "./start.ts";

export interface LatentClassOptions extends WorkOptions {
  /** What rows are held out, and where learning begins; default 0. */
  readonly seed?: number;
  /** How many classes from each start; default is as many as are best on held-out rows. One class is the columns, each for itself. */
  readonly classes?: number;
  /** How many starts, whose classes make up the model together, in equal parts: that is nearer to the truth than the best of them; default 3. */
  readonly starts?: number;
  /** Whether values that are far more frequent than those about them, such as a heap of zeros, have probabilities of their own; default true. Few whole numbers always do. */
  readonly heaps?: boolean;
}

/** A fitted model, and what it was chosen by. */
export interface LatentClassFit {
  readonly model: LatentClasses;
  /** Nats a held-out row by number of classes, as far as they were tried. */
  readonly tried: readonly { readonly classes: number; readonly logDensity: number }[];
}

const OPTIONS: Checks<keyof LatentClassOptions> = { seed: WHOLE, classes: COUNT, starts: COUNT, heaps: FLAG, ...WORK };
const COLUMNS = thing("an array of columns", ["length", "map"], "encodedColumns(schema)");

/** Numbers of classes that are tried, as long as there are rows enough and held-out rows were better for one of the last two. */
const CLASSES = [1, 2, 3, 4, 6, 8, 12, 16, 20, 28, 40];
const ROWS_OF_CLASS = 5;
/** Rows that are learnt from at most. */
const MOST_ROWS = 4 * ROWS;
/** Rows that a number of classes is chosen by at most: as many are learnt from, and others are held out. */
const CHOSEN_BY = ROWS / 2;

/** The most steps, and what a step must win to be followed by another, in nats a row: to choose, to learn, and then with all rows where they are many. */
interface Effort {
  readonly steps: number;
  readonly least: number;
}
const CHOOSE: Effort = { steps: 40, least: 1e-3 };
const LEARN: Effort = { steps: 60, least: 2e-4 };
const GO_ON: Effort = { steps: 20, least: 2e-4 };

/**
 * A mixture of products of distributions of single columns (`LatentClasses`), by EM (Dempster, Laird and Rubin 1977) on rows [rows, columns] as `encodeRows`
 * gives them, NaN where a cell is missing: such cells are left out. Numbers are known to within their grid. A class's deviation is at least step/√12 and
 * 0.003 of the column's. Of more than 16,384 rows that many are learnt from. RangeError for infinities.
 */
export async function fitLatentClasses(values: Matrix, columns: readonly EncodedColumn[], options: LatentClassOptions = {}): Promise<LatentClassFit> {
  checkValue("fitLatentClasses", "columns", columns, COLUMNS);
  const rows = rowsOf("fitLatentClasses", values, columns.length);
  checkOptions("fitLatentClasses", options, OPTIONS);
  const at = rows.findIndex((value) => Math.abs(value) > 1e100);
  if (at >= 0) throw new RangeError(`fitLatentClasses: numbers are within ±1e100, got ${rows[at]} in row ${Math.floor(at / columns.length)}`);
  const fit = new Fit(rows, columns, options);
  return await inTurns(fit.run(), turns(options, fit.work));
}

class Fit {
  readonly #values: Matrix;
  readonly #columns: number;
  readonly #seed: number;
  readonly #order: Uint32Array;
  readonly #plans: readonly PartPlan[];
  /** Of folds of rows each is held out once; where there are more rows, a part of them once. */
  readonly #folds: number;
  readonly #held: number;
  /** Numbers of classes to choose from. */
  readonly #tries: readonly number[];
  readonly #starts: number;

  constructor(values: Matrix, columns: readonly EncodedColumn[], { seed = 0, classes, starts = 3, heaps = true }: LatentClassOptions) {
    const N = values.length / columns.length;
    this.#values = values;
    this.#columns = columns.length;
    this.#seed = seed;
    this.#order = permutation(streams.latentClassRows(seed), N).subarray(0, MOST_ROWS);
    this.#plans = planParts(columns, values, this.#order, heaps);
    this.#folds = N < 600 ? 4 : N < 2000 ? 2 : 1;
    this.#held = Math.min(CHOSEN_BY, Math.ceil(this.#order.length / (N < 600 ? 4 : 5)));
    this.#tries = classes === undefined ? CLASSES.filter((K) => K === 1 || ROWS_OF_CLASS * K <= N) : [classes];
    this.#starts = starts;
  }

  /** What the progress ends at: rows times classes, as often as they may be worked on. */
  get work(): number {
    const rows = this.#order.length;
    const final = this.#starts * Math.max(...this.#tries) * ((LEARN.steps + 1) * Math.min(rows, ROWS) + GO_ON.steps * rows);
    return this.#tries.length === 1 ? final : final + this.#tries.reduce((sum, K) => sum + this.#workOf(K), 0);
  }

  /** Yields what more is done, in blocks of rows. */
  *run(): Generator<number, LatentClassFit> {
    const tried: { classes: number; logDensity: number }[] = [];
    let [best, done] = [{ classes: this.#tries[0]!, logDensity: -Infinity }, 0];
    for (const classes of this.#tries.length === 1 ? [] : this.#tries) {
      const logDensity = yield* padded(this.#heldOut(classes), this.#workOf(classes));
      done += this.#workOf(classes);
      tried.push({ classes, logDensity });
      if (logDensity > best.logDensity) best = tried.at(-1)!;
      else if (tried.length - tried.indexOf(best) > 2) break;
    }
    const model = yield* padded(this.#learn(best.classes), this.work - done);
    return { model, tried };
  }

  /** The most work that it takes to see what a number of classes is worth. */
  #workOf(classes: number): number {
    return this.#folds * (CHOOSE.steps + 1) * Math.min(this.#order.length, CHOSEN_BY) * classes;
  }

  /** Nats a held-out row. */
  *#heldOut(classes: number): Generator<number, number> {
    let [sum, count] = [0, 0];
    for (let fold = 0; fold < this.#folds; fold++) {
      const isHeld = (i: number): boolean => i >= fold * this.#held && i < (fold + 1) * this.#held;
      const rest = this.#order.filter((_, i) => !isHeld(i)).subarray(0, CHOSEN_BY);
      const held = this.#order.filter((_, i) => isHeld(i));
      const learner = yield* this.#started(this.#blocks(rest), classes, streams.latentClassStart(this.#seed, classes, fold), CHOOSE);
      sum += yield* sumOfDensities(learner.model(), this.#blocks(held));
      count += held.length;
    }
    return sum / count;
  }

  *#learn(classes: number): Generator<number, LatentClasses> {
    const blocks = this.#blocks(this.#order);
    const models: LatentClasses[] = [];
    for (let start = 0; start < (classes === 1 ? 1 : this.#starts); start++) {
      const key = streams.latentClassStart(this.#seed, classes, this.#folds + start);
      const learner = yield* this.#started(blocks.slice(0, 1), classes, key, LEARN);
      if (blocks.length > 1) yield* converge(learner, blocks, GO_ON);
      models.push(learner.model());
    }
    return joined(models);
  }

  #blocks(order: Uint32Array): Block[] {
    return [...blocksOf(this.#plans, this.#values, this.#columns, order)];
  }

  /** What has learnt one block of rows from its start. */
  *#started(blocks: readonly Block[], classes: number, key: Key, effort: Effort): Generator<number, Learner> {
    const learner = new Learner(this.#plans, this.#columns, classes);
    yield* learner.step(blocks, firstClasses(this.#plans, blocks[0]!, classes, key));
    yield* converge(learner, blocks, effort);
    return learner;
  }
}

/** Steps until they win too little. */
function* converge(learner: Learner, blocks: readonly Block[], { steps, least }: Effort): Generator<number, void> {
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  let last = -Infinity;
  for (let i = 0; i < steps; i++) {
    const reached = yield* learner.step(blocks);
    if (reached - last < least * rows) return;
    last = reached;
  }
}

/** Work that may end before it has done all of what was allowed for it: the rest counts as done then. */
function* padded<T>(steps: Generator<number, T>, size: number): Generator<number, T> {
  let left = size;
  for (;;) {
    const { done, value } = steps.next();
    if (done) {
      yield Math.max(0, left);
      return value;
    }
    left -= value;
    yield value;
  }
}
