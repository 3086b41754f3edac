/** Philox4x32-10 and normal numbers (random.ts) for four blocks at a time. */
import { type Body, type Local, type Routine, routine } from "../emit/assembler.ts";
import { f32x4, type I32, i32, i32x4, i64x2, i8x16, v128, type Value, vector } from "../emit/instructions.ts";
import { transposed } from "../emit/lanes.ts";
import { lanes } from "../emit/lanes.ts";
import { storeFour } from "../emit/vectors.ts";
import { logOfNormal, polynomial } from "./math.ts";

type Vector = Value<"v128">;

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

const EVEN = lanes(0, 2, 4, 6);
const ODD = lanes(1, 3, 5, 7);

/** The lower and upper words of the products of four words with a constant. */
function products(body: Body, x: Vector, factor: number): readonly [low: Vector, high: Vector] {
  const first = body.local(i64x2.extmul_low_i32x4_u(x, factor));
  const second = body.local(i64x2.extmul_high_i32x4_u(x, factor));
  return [i8x16.shuffle(first, second, EVEN), i8x16.shuffle(first, second, ODD)];
}

/** The four words of four blocks: counters [i, 0, 0, 0], i in the lanes. */
function blocks(body: Body, counters: Vector, key0: Local<"v128">, key1: Local<"v128">): readonly Vector[] {
  let c: Vector[] = [counters, v128.and(0, 0), v128.and(0, 0), v128.and(0, 0)].map((x) => body.local(x));
  for (let round = 0; round < 10; round++) {
    const [low0, high0] = products(body, c[0]!, M0);
    const [low1, high1] = products(body, c[2]!, M1);
    const [k0, k1] = [i32x4.add(key0, Math.imul(W0, round)), i32x4.add(key1, Math.imul(W1, round))];
    c = [v128.xor(v128.xor(high1, c[1]!), k0), low1, v128.xor(v128.xor(high0, c[3]!), k1), low0].map((x) => body.local(x));
  }
  return c;
}

/** (bits >> 9)·2^-23 + 2^-24. */
export function uniformOf(bits: Vector): Vector {
  return f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(bits, 9)), 2 ** -23), 2 ** -24);
}

/** √2·erf⁻¹(2u − 1) by Giles' two polynomials. */
function normalOf(body: Body, bits: Vector): Vector {
  const x = body.local(f32x4.sub(f32x4.mul(uniformOf(bits), 2), 1));
  const w = body.local(f32x4.neg(logOfNormal(body, body.local(f32x4.mul(f32x4.sub(1, x), f32x4.add(x, 1))))));
  const near = polynomial(body.local(f32x4.sub(w, 2.5)), CENTRE);
  const far = polynomial(body.local(f32x4.sub(f32x4.sqrt(w), 3)), TAIL);
  return f32x4.mul(f32x4.mul(v128.bitselect(near, far, f32x4.lt(w, 5)), x), Math.SQRT2);
}

const CENTRE = [1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7, 2.81022636e-8];
const TAIL = [
  ...[2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773],
  ...[-0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257],
];

/** What four words of random bits become. */
export type Draw = (body: Body, bits: Vector) => Vector;

/** The four words of four blocks in order, block `first` and the next three. */
export function drawn(body: Body, first: I32, [key0, key1]: KeyLanes, draw: Draw): readonly Vector[] {
  const counters = body.local(i32x4.add(i32x4.splat(first), vector(0, 1, 2, 3)));
  return transposed(
    body,
    blocks(body, counters, key0, key1).map((bits) => body.local(draw(body, bits))),
  );
}

/** The words of a key, each in all lanes. */
export type KeyLanes = readonly [Local<"v128">, Local<"v128">];

export const keyLanes = (body: Body, k0: I32, k1: I32): KeyLanes => [body.local(i32x4.splat(k0)), body.local(i32x4.splat(k1))];

/** y, from, to, k0, k1. */
const STREAM = ["i32", "i32", "i32", "i32", "i32"] as const;

/** y[i] for from ≤ i < to from element i of the key's stream; `from` is a multiple of 16. */
function stream(draw: Draw) {
  return (body: Body, y: Local<"i32">, from: I32, to: Local<"i32">, k0: I32, k1: I32): void => {
    const words = keyLanes(body, k0, k1);
    body.range(from, to, 16, (i) => {
      const fours = drawn(body, i32.shr_u(i, 2), words, draw);
      const left = body.local(i32.sub(to, i));
      const offset = body.local(i32.shl(i, 2));
      body.when(
        i32.lt_u(left, 16),
        () => {
          for (const four of fours) {
            body.when(i32.lt_u(i32.shr_u(offset, 2), to), () => storeFour(body, y, { offset, left }, four));
            body.advance(offset, 16);
            body.advance(left, -4);
          }
        },
        () => fours.forEach((four, j) => body.store(i32.add(y, offset), four, 16 * j)),
      );
    });
  };
}

export const randomBits: Routine<typeof STREAM> = routine(
  "random_bits",
  STREAM,
  stream((_, bits) => bits),
);
export const uniforms: Routine<typeof STREAM> = routine(
  "uniforms",
  STREAM,
  stream((_, bits) => uniformOf(bits)),
);
export const normalsFrom: Routine<typeof STREAM> = routine("normals_from", STREAM, stream(normalOf));

/** Writes the first n normal numbers of the key (k0, k1). */
export const normals: Routine<readonly ["i32", "i32", "i32", "i32"]> = routine("normals", ["i32", "i32", "i32", "i32"], (body, y, n, k0, k1) =>
  stream(normalOf)(body, y, 0, n, k0, k1),
);

/** Bytes that `normals` writes for n numbers. */
export const normalBytes = (n: number): number => 4 * n;
