/** What the classes say of values: log densities in the file's units, and of a number whether it is likely normal, and where then. */
import type { CategoryPart, NumberPart, Part } from "./model.ts";
import { newStep, normalStep, type Step } from "./normal_step.ts";

/** The log of what the classes say of different values: [values, classes], log (probability of the step / step) or log probability. */
export function logDensities(part: Part, values: Float64Array, classes: number, origins?: Origins): Float64Array {
  const logs = new Float64Array(values.length * classes);
  if (part.kind === "category") levelDensities(part, values, classes, logs);
  else numberDensities(part, values, classes, logs, origins);
  return logs;
}

function levelDensities({ shares, levels, step }: CategoryPart, values: Float64Array, classes: number, logs: Float64Array): void {
  for (let v = 0; v < values.length; v++) {
    for (let k = 0; k < classes; k++) logs[v * classes + k] = Math.log(shares[k * (levels + 1) + values[v]!]! / step);
  }
}

/** Of values in classes, [values, classes]: where one is from. */
export interface Origins {
  /** The probability that it is an atom, and that it is from the class's own normal distribution. */
  readonly atom: Float64Array;
  readonly own: Float64Array;
  /** The moments of t = (x − mean)/sd if it is from the latter: E[t], E[t²]. */
  readonly first: Float64Array;
  readonly second: Float64Array;
}

export function originsOf(size: number): Origins {
  const [atom, own, first, second] = Array.from({ length: 4 }, () => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  return { atom, own, first, second };
}

/** Where densities of the file's units are added as they are, and not by their logarithms. */
const LEAST = 1e-290;

function numberDensities(part: NumberPart, values: Float64Array, K: number, logs: Float64Array, origins: Origins | undefined): void {
  const { atoms, shares, means, sds, step, broad } = part;
  const [own, ofAll]: [Step, Step] = [newStep(), newStep()];
  const A = atoms.length;
  let atom = 0;
  for (let v = 0; v < values.length; v++) {
    const value = values[v]!;
    while (atom < A && atoms[atom]! < value) atom++;
    const isAtom = atom < A && atoms[atom] === value;
    normalStep((value - broad.mean) / broad.sd, step / broad.sd, ofAll);
    const common = (broad.share / broad.sd) * ofAll.factor * Math.exp(ofAll.exponent);
    for (let k = 0; k < K; k++) {
      const [sd, at, to] = [sds[k]!, v * K + k, k * (A + 1)];
      normalStep((value - means[k]!) / sd, step / sd, own);
      const rest = shares[to + A]!;
      const normal = ((rest * (1 - broad.share)) / sd) * own.factor * Math.exp(own.exponent);
      const single = isAtom ? shares[to + atom]! / step : 0;
      const all = single + normal + rest * common;
      logs[at] = all > LEAST ? Math.log(all) : Math.log(rest) + logSum(logOf(own, (1 - broad.share) / sd), logOf(ofAll, broad.share / broad.sd));
      if (!origins) continue;
      origins.atom[at] = all > LEAST ? single / all : 0;
      origins.own[at] = all > LEAST ? normal / all : 0;
      origins.first[at] = own.first;
      origins.second[at] = own.second;
    }
  }
}

const logOf = ({ factor, exponent }: Step, share: number): number => exponent + Math.log(factor * share);

/** log (exp a + exp b). */
export function logSum(a: number, b: number): number {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + Math.log1p(Math.exp(Math.min(a, b) - most));
}

/** Adds what the classes say of a block's rows to `joint` [rows, classes]. */
export function addRows(joint: Float64Array, places: Int32Array, logs: Float64Array, classes: number): void {
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    if (place < 0) continue;
    const [to, from] = [row * classes, place * classes];
    for (let k = 0; k < classes; k++) joint[to + k]! += logs[from + k]!;
  }
}

/** Turns log joint densities [rows, classes] into the classes' probabilities given the row, and writes the log density of each row. */
export function normalise(joint: Float64Array, classes: number, densities: Float64Array, first = 0): void {
  for (let at = 0, row = first; at < joint.length; at += classes, row++) {
    let most = -Infinity;
    for (let k = 0; k < classes; k++) most = Math.max(most, joint[at + k]!);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += joint[at + k] = Math.exp(joint[at + k]! - most);
    for (let k = 0; k < classes; k++) joint[at + k]! /= sum;
    densities[row] = most + Math.log(sum);
  }
}

/** The same numbers for each row. */
export function tiled(numbers: Float64Array, rows: number): Float64Array {
  const all = new Float64Array(rows * numbers.length);
  for (let at = 0; at < all.length; at += numbers.length) all.set(numbers, at);
  return all;
}
