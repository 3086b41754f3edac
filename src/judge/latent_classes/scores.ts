/** What a mixture of products says of rows. */
import { type Block, blocksOf, type Matrix } from "./coding.ts";
import { addRows, logDensities, normalise } from "./densities.ts";
import { tiled } from "./learner.ts";
import type { LatentClasses } from "./model.ts";

export function rowDensities(model: LatentClasses, blocks: Iterable<Block>, rows: number): Float64Array {
  const K = model.weights.length;
  const densities = new Float64Array(rows);
  let first = 0;
  const logWeights = Float64Array.from(model.weights, Math.log);
  for (const block of blocks) {
    const joint = tiled(logWeights, block.rows);
    model.parts.forEach((part, p) => addRows(joint, block.places[p]!, logDensities(part, block.values[p]!, K), K));
    normalise(joint, K, densities, first);
    first += block.rows;
  }
  return densities;
}

/** Nats a row. */
export function logDensity(model: LatentClasses, values: Matrix): Float64Array {
  const rows = values.length / model.columns;
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  return rowDensities(model, blocksOf(model.parts, values, model.columns, order), rows);
}
