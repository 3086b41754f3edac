/** What a mixture of products says of rows: how likely they are, and of what class. */
import { checkOptions, checkValue, rowsOf, thing, type Check } from "../../check.ts";
import { inTurns, turns, WORK, type WorkOptions } from "../../turns.ts";
import { type Block, blocksOf, type Matrix } from "./coding.ts";
import { addRows, logDensities, normalise, tiled } from "./densities.ts";
import type { LatentClasses } from "./model.ts";

const MODEL: Check = thing("latent classes", ["weights", "parts", "columns"], "(await fitLatentClasses(rows, columns)).model");

/**
 * log p(row) of each of the rows [rows, columns] in nats, in the file's units: a number counts log (probability of x ± step/2 / step), a category log
 * probability (divided by the step where levels are numbers), a date per day; a missing cell counts nothing, a category that the model does not know (any
 * number that is none of its levels) less than all that it knows. A row without cells has log 1 = 0.
 */
export async function logDensity(model: LatentClasses, values: Matrix, options: WorkOptions = {}): Promise<Float64Array> {
  return (await scored("logDensity", model, values, options)).densities;
}

/** The probabilities of the classes given each row's cells, [rows, classes]: without any cells they are the weights. */
export async function responsibilities(model: LatentClasses, values: Matrix, options: WorkOptions = {}): Promise<Float64Array> {
  return (await scored("responsibilities", model, values, options)).classes;
}

interface Scored {
  readonly densities: Float64Array;
  readonly classes: Float64Array;
}

async function scored(op: string, model: LatentClasses, values: Matrix, options: WorkOptions): Promise<Scored> {
  const rows = checkedRows(op, model, values);
  checkOptions(op, options, WORK);
  return await inTurns(scoreSteps(model, rows), turns(options, rows.length / model.columns));
}

/** The rows, where there is a model that they are for. */
export function checkedRows(op: string, model: LatentClasses, values: Matrix): Matrix {
  checkModel(op, model);
  return rowsOf(op, values, model.columns);
}

export function checkModel(op: string, model: LatentClasses): void {
  checkValue(op, "the model", model, MODEL);
}

/** Densities and classes of all rows; yields how many more are done. */
export function* scoreSteps(model: LatentClasses, values: Matrix): Generator<number, Scored> {
  const [rows, K] = [values.length / model.columns, model.weights.length];
  const [densities, classes] = [new Float64Array(rows), new Float64Array(rows * K)];
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  let first = 0;
  for (const block of blocksOf(model.parts, values, model.columns, order)) {
    const joint = yield* scoreBlock(model, block, densities.subarray(first, first + block.rows));
    classes.set(joint, first * K);
    first += block.rows;
    yield block.rows;
  }
  return { densities, classes };
}

/** The classes' probabilities [rows, classes]; log densities are written to `densities`. */
function* scoreBlock(model: LatentClasses, { rows, places, values }: Block, densities: Float64Array): Generator<0, Float64Array> {
  const K = model.weights.length;
  const joint = tiled(Float64Array.from(model.weights, Math.log), rows);
  for (const [p, part] of model.parts.entries()) {
    addRows(joint, places[p]!, logDensities(part, values[p]!, K), K);
    yield 0;
  }
  normalise(joint, K, densities);
  return joint;
}

/** Σ log p(row) over the rows of some blocks. */
export function* sumOfDensities(model: LatentClasses, blocks: Iterable<Block>): Generator<0, number> {
  let sum = 0;
  for (const block of blocks) {
    const densities = new Float64Array(block.rows);
    yield* scoreBlock(model, block, densities);
    sum = densities.reduce((all, density) => all + density, sum);
  }
  return sum;
}
