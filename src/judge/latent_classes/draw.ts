/** Rows drawn from a mixture of products, some of their cells given. */
import { checkOptions, checkValue, KEY, WHOLE } from "../../check.ts";
import { forEachBits, type Key, normalOf, uniformOf } from "../../random.ts";
import { streams } from "../../streams.ts";
import { dayOf } from "../../table/dates/dates.ts";
import { inTurns, turns, WORK, type WorkOptions } from "../../turns.ts";
import { type Matrix, onGrid } from "./coding.ts";
import type { LatentClasses, NumberPart, Part } from "./model.ts";
import { checkedRows, checkModel, scoreSteps } from "./scores.ts";

/** `count` rows [count, columns] as `encodeRows` gives them, none of their cells missing: a function of the model and the key. */
export async function draw(model: LatentClasses, key: Key, count: number, options: WorkOptions = {}): Promise<Float64Array> {
  checkModel("draw", model);
  checkValue("draw", "count", count, WHOLE);
  if (count === 0) return new Float64Array(0);
  return await drawn("draw", model, new Float64Array(count * model.columns).fill(NaN), key, options);
}

/** The rows with their missing cells drawn, given those that are there: of the class of each row one draw, then of each cell. */
export async function drawMissing(model: LatentClasses, values: Matrix, key: Key, options: WorkOptions = {}): Promise<Float64Array> {
  return await drawn("drawMissing", model, Float64Array.from(checkedRows("drawMissing", model, values)), key, options);
}

async function drawn(op: string, model: LatentClasses, rows: Float64Array, key: Key, options: WorkOptions): Promise<Float64Array> {
  checkValue(op, "the key", key, KEY);
  checkOptions(op, options, WORK);
  return await inTurns(drawSteps(model, rows, streams.latentClassDraws(key)), turns(options, rows.length / model.columns));
}

/** Random numbers of a part. */
const OF_PART = 3;

function* drawSteps(model: LatentClasses, rows: Float64Array, { words }: Key): Generator<number, Float64Array> {
  const { columns, parts, weights } = model;
  const { classes } = yield* scoreSteps(model, rows);
  const bits = new Uint32Array(1 + OF_PART * parts.length);
  for (let row = 0; row * columns < rows.length; row++) {
    forEachBits(...words, bits.length, (i, own) => (bits[i] = own), row * Math.ceil(bits.length / 4));
    const K = weights.length;
    const chosen = placeOf(classes, row * K, K, uniformOf(bits[0]!));
    const missing = Array.from({ length: columns }, (_, c) => rows[row * columns + c]! !== rows[row * columns + c]!);
    parts.forEach((part, p) => {
      if (!missing[part.column]) return;
      const at = row * columns + part.column;
      const value = drawnValue(part, chosen, bits.subarray(1 + OF_PART * p));
      // a date's year is drawn before its day
      if (part.kind === "number" && part.of === "day") rows[at] = dayWithin(rows[at]!, value);
      else rows[at] = value;
    });
    if (row % 64 === 63) yield 0;
  }
  return rows;
}

/** The day's number from a year and a day in it, from 1 to its last. */
function dayWithin(year: number, day: number): number {
  const [first, next] = [dayOf(year, 1, 1), dayOf(year + 1, 1, 1)];
  return first + Math.min(Math.max(day, 1), next - first) - 1;
}

function drawnValue(part: Part, k: number, bits: Uint32Array): number {
  const [which, origin, normal] = bits as unknown as readonly [number, number, number];
  // a level that was never seen is not drawn
  if (part.kind === "category") return placeOf(part.shares, k * (part.levels + 1), part.levels, uniformOf(which));
  const A = part.atoms.length;
  const place = placeOf(part.shares, k * (A + 1), A + 1, uniformOf(which));
  return place < A ? part.atoms[place]! : normalValue(part, k, uniformOf(origin), normalOf(normal));
}

function normalValue({ means, sds, broad, step }: NumberPart, k: number, origin: number, normal: number): number {
  const [mean, sd] = origin < broad.share ? [broad.mean, broad.sd] : [means[k]!, sds[k]!];
  return onGrid(mean + sd * normal, step);
}

/** A place among some weights, drawn in proportion to them. */
function placeOf(weights: ArrayLike<number>, first: number, count: number, chance: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += weights[first + i]!;
  let left = chance * sum;
  for (let i = 0; i < count; i++) {
    left -= weights[first + i]!;
    if (left < 0) return i;
  }
  return count - 1;
}
