/** Where learning begins: rows far from each other stand for the classes, and each other row is of the class that it is nearest to (k-means++, 2007). */
import { forEachBits, type Key, normalOf, uniformOf } from "../../random.ts";
import type { Block } from "./coding.ts";
import type { PartPlan } from "./plan.ts";

/** Squared distances: between different categories, with a missing cell, and the most between two numbers. */
const [DIFFERENT, MISSING, MOST] = [2, 1, 9];

/** The class of each row of a block. */
export function firstClasses(plans: readonly PartPlan[], block: Block, classes: number, key: Key): Int32Array {
  const { rows } = block;
  const scores = plans.map((plan, p) => (plan.kind === "number" ? normalScores(block.places[p]!, block.values[p]!.length) : undefined));
  const nearest = new Int32Array(rows);
  const distances = new Float64Array(rows).fill(1);
  const chances = new Float64Array(classes);
  forEachBits(...key.words, classes, (k, bits) => (chances[k] = uniformOf(bits)));
  for (let k = 0; k < classes; k++) {
    const centre = drawn(distances, chances[k]!);
    for (let row = 0; row < rows; row++) {
      let distance = 0;
      for (let p = 0; p < plans.length; p++) {
        const [a, b, own] = [block.places[p]![row]!, block.places[p]![centre]!, scores[p]];
        if (a < 0 || b < 0) distance += MISSING;
        else if (a !== b) distance += own ? Math.min(MOST, (own[a]! - own[b]!) ** 2) : DIFFERENT;
      }
      if (k > 0 && distance >= distances[row]!) continue;
      distances[row] = distance;
      nearest[row] = k;
    }
  }
  return nearest;
}

/** A row, drawn with probabilities that are in proportion to weights. */
function drawn(weights: Float64Array, chance: number): number {
  let left = chance * weights.reduce((sum, weight) => sum + weight, 0);
  for (let row = 0; row < weights.length; row++) {
    left -= weights[row]!;
    if (left < 0) return row;
  }
  return weights.length - 1;
}

/** The values' ranks among the rows as standard normal numbers, so that no outlier is farther than all else. */
function normalScores(places: Int32Array, values: number): Float64Array {
  const counts = new Float64Array(values);
  let present = 0;
  for (const place of places) {
    if (place < 0) continue;
    counts[place]!++;
    present++;
  }
  let below = 0;
  return counts.map((count) => {
    const rank = (below + 0.5 * count) / present;
    below += count;
    return normalOf(Math.floor(rank * 2 ** 32));
  });
}
