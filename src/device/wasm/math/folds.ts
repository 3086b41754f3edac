/** Many elements made one: sums and norms in f64, maxima in f32, four or eight elements at a time. */
import type { Body, Local } from "../emit/assembler.ts";
import { f32x4, f64x2, i32, i32x4, i8x16, type V128, v128, type Value, vector } from "../emit/instructions.ts";
import { lanes } from "../emit/lanes.ts";

type Vector = Value<"v128">;
/** Results under way. */
type Results = readonly Local<"v128">[];

export interface Fold {
  /** What four results start from, in as many vectors as hold them. */
  readonly start: readonly Vector[];
  /** An element that changes no result. */
  readonly neutral: V128;
  /** Lets four more elements into four results, one into each; where there is one vector of results, those that belong to it. */
  take(body: Body, results: Results, x: Local<"v128">): void;
  join(a: Vector, b: Vector): Vector;
  /** The results in one vector joined into one, which is in its first lane. */
  across(body: Body, x: Local<"v128">): Local<"v128">;
  /** Four results as f32; of one vector, those that it holds. */
  rounded(results: Results): Vector;
}

const swapped = (x: Vector, ...order: readonly number[]): Vector => i8x16.shuffle(x, x, lanes(...order));
const zero = v128.and(0, 0);

/** Two of four f32 as f64: the lower or the upper ones. */
const promotedHalf = (x: Vector, i: number): Vector => f64x2.promote_low_f32x4(i === 0 ? x : swapped(x, 2, 3, 0, 1));

/** Σ x. */
export const sum: Fold = {
  start: [zero, zero],
  neutral: 0,
  take: (body, results, x) => results.forEach((result, i) => body.set(result, f64x2.add(result, promotedHalf(x, i)))),
  join: f64x2.add,
  across: (body, x) => body.local(f64x2.add(x, swapped(x, 2, 3, 0, 1))),
  rounded: ([low, high]) => {
    const lower = f32x4.demote_f64x2_zero(low!);
    return high ? i8x16.shuffle(lower, f32x4.demote_f64x2_zero(high), lanes(0, 1, 4, 5)) : lower;
  },
};

/** √(Σ x²), the root taken where it is rounded; in f64 no square of an f32 overflows. */
export const norm: Fold = {
  ...sum,
  take: (body, results, x) =>
    results.forEach((result, i) => {
      const value = body.local(promotedHalf(x, i));
      body.set(result, f64x2.add(result, f64x2.mul(value, value)));
    }),
  rounded: ([total]) => f32x4.demote_f64x2_zero(f64x2.sqrt(total!)),
};

/** max x; NaN if any is NaN. */
export const max: Fold = {
  start: [f32x4.neg(Infinity)],
  neutral: -Infinity,
  take: (body, [largest], x) => body.set(largest!, f32x4.max(largest!, x)),
  join: f32x4.max,
  across(body, x) {
    const two = body.local(f32x4.max(x, swapped(x, 2, 3, 0, 1)));
    return body.local(f32x4.max(two, swapped(two, 1, 0, 3, 2)));
  },
  rounded: ([largest]) => largest!,
};

const LANES = vector(0, 1, 2, 3);

/** n elements that stand one after the other at `x`, folded: the result is in the first lane. */
export function foldRow(body: Body, fold: Fold, x: Value<"i32">, n: Local<"i32">): Local<"v128"> {
  const at = body.local(x);
  const fours = [0, 1].map(() => fold.start.map((vector) => body.local(vector)));
  body.range(0, i32.and(n, -8), 8, () => {
    fours.forEach((results, j) => fold.take(body, results, body.local(v128.load(at, 16 * j))));
    body.advance(at, 32);
  });
  const left = body.local(i32.and(n, 7));
  fours.forEach((results, j) => {
    const exists = i32x4.lt_s(LANES, i32x4.splat(i32.sub(left, 4 * j)));
    fold.take(body, results, body.local(v128.bitselect(v128.load(at, 16 * j), fold.neutral, exists)));
  });
  return fold.across(body, body.local(fours.flat().reduce<Vector>((a, b) => fold.join(a, b), fold.start[0]!)));
}
