/** Lanes of vectors in another order. */
import type { Body } from "./assembler.ts";
import { i8x16, type Value } from "./instructions.ts";

type Vector = Value<"v128">;

/** Bytes of lanes of a, numbered 0 … 3, and of b, 4 … 7. */
export const lanes = (...numbers: number[]): number[] => numbers.flatMap((lane) => [0, 1, 2, 3].map((byte) => 4 * lane + byte));
const [LOWER, UPPER] = [lanes(0, 4, 1, 5), lanes(2, 6, 3, 7)];
const [FIRST, SECOND] = [lanes(0, 1, 4, 5), lanes(2, 3, 6, 7)];

/** Four vectors as the columns of a 4×4 matrix whose rows they were. */
export function transposed(body: Body, [a, b, c, d]: readonly Vector[]): Vector[] {
  const [ab, AB] = [body.local(i8x16.shuffle(a!, b!, LOWER)), body.local(i8x16.shuffle(a!, b!, UPPER))];
  const [cd, CD] = [body.local(i8x16.shuffle(c!, d!, LOWER)), body.local(i8x16.shuffle(c!, d!, UPPER))];
  return [i8x16.shuffle(ab, cd, FIRST), i8x16.shuffle(ab, cd, SECOND), i8x16.shuffle(AB, CD, FIRST), i8x16.shuffle(AB, CD, SECOND)];
}
