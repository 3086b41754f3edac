/** One model while it learns: expectation and maximisation, block after block of rows (Dempster, Laird and Rubin 1977). */
import type { Block } from "./coding.ts";
import { addRows, logDensities, normalise, originsOf, type Origins, tiled } from "./densities.ts";
import type { LatentClasses } from "./model.ts";
import { type Learned, learnedOf } from "./learned.ts";
import type { PartPlan } from "./plan.ts";

/** Each class has this many rows more than it has, so that none is empty. */
const ROWS_OF_CLASS = 1;

export class Learner {
  readonly classes: number;
  readonly #columns: number;
  readonly #weights: Float64Array;
  readonly #parts: readonly Learned[];

  constructor(plans: readonly PartPlan[], columns: number, classes: number) {
    this.classes = classes;
    this.#columns = columns;
    this.#weights = new Float64Array(classes).fill(1 / classes);
    this.#parts = plans.map((plan) => learnedOf(plan, classes));
  }

  /**
   * One step of EM: yields rows times classes after each block, and returns the log posterior density of the parameters that it began with, a constant aside: the sum of
   * the rows' log densities and of the log prior. With `classes`, the rows of the first block
   * are of those, for a start.
   */
  *step(blocks: readonly Block[], classes?: Int32Array): Generator<number, number> {
    const K = this.classes;
    const counts = new Float64Array(K).fill(ROWS_OF_CLASS);
    const logWeights = this.#weights.map(Math.log);
    let total = this.#parts.reduce((sum, part) => sum + part.logPrior(), ROWS_OF_CLASS * logWeights.reduce((sum, log) => sum + log, 0));
    for (const block of blocks) {
      const joint = tiled(logWeights, block.rows);
      const origins: (Origins | undefined)[] = [];
      for (const [p, { part }] of this.#parts.entries()) {
        origins[p] = part.kind === "number" ? originsOf(block.values[p]!.length * K) : undefined;
        addRows(joint, block.places[p]!, logDensities(part, block.values[p]!, K, origins[p]), K);
        yield 0;
      }
      const densities = new Float64Array(block.rows);
      normalise(joint, K, densities);
      if (classes) assign(joint, K, classes);
      total += densities.reduce((sum, density) => sum + density, 0);
      for (let i = 0; i < joint.length; i++) counts[i % K]! += joint[i]!;
      this.#parts.forEach((part, p) => collect(part, block, p, joint, origins[p]));
      yield block.rows * K;
    }
    const all = counts.reduce((sum, count) => sum + count, 0);
    this.#weights.set(counts.map((count) => count / all));
    for (const part of this.#parts) part.update();
    return total;
  }

  model(): LatentClasses {
    return structuredClone({ columns: this.#columns, weights: [...this.#weights], parts: this.#parts.map(({ part }) => part) });
  }
}

/** How sure a start is of its classes. */
const SURE = 0.9;

function assign(joint: Float64Array, K: number, classes: Int32Array): void {
  joint.fill((1 - SURE) / K);
  for (let at = 0; at < joint.length; at += K) joint[at + classes[at / K]!]! += SURE;
}

/** Adds up the rows of each value in each class, and gives them to the part. */
function collect(part: Learned, { places, values }: Block, p: number, probabilities: Float64Array, origins: Origins | undefined): void {
  const [own, different] = [places[p]!, values[p]!];
  const K = probabilities.length / own.length;
  const counts = new Float64Array(different.length * K);
  for (let row = 0; row < own.length; row++) {
    const place = own[row]!;
    if (place < 0) continue;
    const [to, from] = [place * K, row * K];
    for (let k = 0; k < K; k++) counts[to + k]! += probabilities[from + k]!;
  }
  part.collect(different, counts, origins);
}
