/** What the element-wise parts of kernels share: loops over four elements at a time whose last may be fewer, and sums over lanes. */
import { type Body, type Local, type Routine, routine } from "./assembler.ts";
import { f32, f32x4, type I32, i32, i32x4, v128, type Value, vector } from "./instructions.ts";

type Vector = Value<"v128">;

/** Four elements at a byte offset, of which those below `left` exist. */
export interface Four {
  readonly offset: Local<"i32">;
  readonly left: Local<"i32">;
}

/** Runs `body` for elements 0, 4, … below n: whole vectors are loaded, what lies past the end is not stored. */
export function byFours(body: Body, n: Local<"i32">, run: (four: Four) => void): void {
  const left = body.local(n);
  body.range(0, i32.shl(n, 2), 16, (offset) => {
    run({ offset, left });
    body.advance(left, -4);
  });
}

/** Stores the elements that exist. */
export function storeFour(body: Body, base: I32, { offset, left }: Four, value: Vector): void {
  const x = body.local(value);
  const to = body.local(i32.add(base, offset));
  body.when(
    i32.lt_u(left, 4),
    () => {
      body.storeLane(to, x, 0);
      body.when(i32.lt_u(1, left), () => body.storeLane(to, x, 1, 4));
      body.when(i32.lt_u(2, left), () => body.storeLane(to, x, 2, 8));
    },
    () => body.store(to, x),
  );
}

const LANES = vector(0, 1, 2, 3);

/** The elements that exist; 0 for the others. */
export function existing({ left }: Four, value: Vector): Vector {
  return v128.and(value, i32x4.lt_s(LANES, i32x4.splat(left)));
}

/** The elements that exist; `other` for the others. */
export function existingOr({ left }: Four, value: Vector, other: number): Vector {
  return v128.bitselect(value, other, i32x4.lt_s(LANES, i32x4.splat(left)));
}

/** (x0 + x1) + (x2 + x3). */
export function sumOfLanes(x: Local<"v128">): Value<"f32"> {
  const lane = (i: number): Value<"f32"> => f32x4.extract_lane(x, i);
  return f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)));
}

/** y, or y + what is at `to` where `accumulate` is not 0. */
export function accumulated(body: Body, to: I32, { offset }: Four, value: Vector, accumulate: I32): Local<"v128"> {
  const y = body.local(value);
  body.when(i32.ne(accumulate, 0), () => body.set(y, f32x4.add(v128.load(i32.add(to, offset)), y)));
  return y;
}

/** y[m, n] (+)= c[m, n] for `rows` rows of N elements. */
export const storeRows: Routine<readonly ["i32", "i32", "i32", "i32", "i32", "i32"]> = routine(
  "store_rows",
  ["i32", "i32", "i32", "i32", "i32", "i32"],
  (body, c, stride, rows, N, y, accumulate) => {
    body.range(0, rows, 1, () => {
      byFours(body, N, (four) => {
        storeFour(body, y, four, accumulated(body, y, four, v128.load(i32.add(c, four.offset)), accumulate));
      });
      body.advance(c, stride);
      body.advance(y, i32.shl(N, 2));
    });
  },
);
