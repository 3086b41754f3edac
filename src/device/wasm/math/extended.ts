/** Functions of four f32 lanes that compute in f64 where f32 would lose too much: sin and cos reduce their argument in it, pow its logarithm. */
import type { Body } from "../emit/assembler.ts";
import { f32x4, f64x2, i32x4, i8x16, v128, type V128, type Value, vector } from "../emit/instructions.ts";
import { lanes } from "../emit/lanes.ts";
import { expOfParts, polynomial, signedAs } from "./math.ts";

type Vector = Value<"v128">;

/** Four f64 in two vectors. */
export type Doubles = readonly [Vector, Vector];

const LOWER_HALVES = lanes(0, 2, 4, 6);
const UPPER_HALVES = lanes(1, 3, 5, 7);

const map = (body: Body, [a, b]: Doubles, f: (x: Vector, i: 0 | 1) => Vector): Doubles => [body.local(f(a, 0)), body.local(f(b, 1))];

/** Four f32 as f64. */
export function promoted(body: Body, x: Vector): Doubles {
  return map(body, [x, i8x16.shuffle(x, x, lanes(2, 3, 2, 3))], (half) => f64x2.promote_low_f32x4(half));
}

function demoted([a, b]: Doubles): Vector {
  return i8x16.shuffle(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), lanes(0, 1, 4, 5));
}

/** The lower 32 bits of each f64, or of each mask. */
const lowerHalves = ([a, b]: Doubles): Vector => i8x16.shuffle(a, b, LOWER_HALVES);

/** Added to a number below 2^51 it rounds to a whole number, whose lower 32 bits are those of the sum. */
const ROUNDING = 1.5 * 2 ** 52;

/** Whole numbers n and |x − n| ≤ ½ for numbers below 2^31. */
function rounded(body: Body, x: Doubles): { readonly n: Doubles; readonly bits: Vector } {
  const shifted = map(body, x, (half) => f64x2.add(half, ROUNDING));
  return { n: map(body, shifted, (half) => f64x2.sub(half, ROUNDING)), bits: body.local(lowerHalves(shifted)) };
}

/** x = q·(π/2) + r with |r| ≤ π/4, q modulo 4. */
interface Reduced {
  readonly r: Vector;
  readonly q: Vector;
}

/** Up to here n·(π/2) is exact in f64 for the first of the two parts of π/2, and rounds once for the second. */
const NEAR = 2 ** 20;

/** Cody and Waite's reduction in f64: r is right to f32 for |x| ≤ NEAR, however near x is to a multiple of π/2. */
function reduceNear(body: Body, x: Doubles): Reduced {
  const { n, bits } = rounded(
    body,
    map(body, x, (half) => f64x2.mul(half, 2 / Math.PI)),
  );
  const r = map(body, x, (half, i) => f64x2.sub(f64x2.sub(half, f64x2.mul(n[i], 1.5707963267341256)), f64x2.mul(n[i], 6.077100506506192e-11)));
  return { r: body.local(demoted(r)), q: bits };
}

/** 2/π in pieces of 24 bits: their products with an f32 are exact in f64. */
const TWO_OVER_PI = [10680707, 7228996, 1387004, 2578385, 16069853, 12639074, 9804092, 4427841];

/** Payne and Hanek's reduction: x·(2/π) piece by piece, each product less the multiple of 4 that is nearest. */
function reduceFar(body: Body, x: Doubles): Reduced {
  const modulo4 = (half: Vector): Vector => f64x2.sub(half, f64x2.mul(f64x2.nearest(f64x2.mul(half, 0.25)), 4));
  const quadrants = map(body, x, (half) => {
    const piece = (factor: number, k: number): Vector => modulo4(body.local(f64x2.mul(half, factor * 2 ** (-24 * (k + 1)))));
    return TWO_OVER_PI.map(piece).reduce((sum, next) => f64x2.add(sum, next));
  });
  const { n, bits } = rounded(body, quadrants);
  const r = map(body, quadrants, (half, i) => f64x2.mul(f64x2.sub(half, n[i]), Math.PI / 2));
  return { r: body.local(demoted(r)), q: bits };
}

/** (sin(r)/r − 1)/r² and (cos(r) − 1 + r²/2)/r⁴ by r² for |r| ≤ π/4. */
const SIN = [-0.166666552, 0.008332178, -0.000195172659];
const COS = [0.0416666456, -0.00138873677, 2.44384137e-5];

/** sin(x + shift·(π/2)). */
function sinOf(body: Body, x: Vector, shift: 0 | 1): Vector {
  const doubles = promoted(body, x);
  const near = reduceNear(body, doubles);
  const [r, q] = [body.local(near.r), body.local(near.q)];
  const isFar = body.local(f32x4.ge(f32x4.abs(x), NEAR));
  body.when(v128.any_true(isFar), () => {
    const far = reduceFar(body, doubles);
    body.set(r, v128.bitselect(far.r, r, isFar));
    body.set(q, v128.bitselect(far.q, q, isFar));
  });
  const z = body.local(f32x4.mul(r, r));
  const sine = signedAs(f32x4.add(r, f32x4.mul(f32x4.mul(r, z), polynomial(z, SIN))), r);
  const cosine = f32x4.add(f32x4.sub(1, f32x4.mul(z, 0.5)), f32x4.mul(f32x4.mul(z, z), polynomial(z, COS)));
  const turned = shift === 0 ? q : body.local(i32x4.add(q, 1));
  const isOdd = i32x4.shr_s(i32x4.shl(turned, 31), 31);
  return body.local(v128.xor(v128.bitselect(cosine, sine, isOdd), i32x4.shl(v128.and(turned, 2), 30)));
}

/** sin(x), to 2 ulp for all x. */
export const sin = (body: Body, x: Vector): Vector => sinOf(body, x, 0);
/** cos(x), to 2 ulp for all x. */
export const cos = (body: Body, x: Vector): Vector => sinOf(body, x, 1);

/** (2/ln 2)·atanh(s)/s by s² for |s| ≤ (√2 − 1)/(√2 + 1), in f64. */
const LOG2 = [2.8853900817901676, 0.9617966732478708, 0.5770836018395482, 0.4116717515246551, 0.34074739554568473];
/** The upper half of the bits of √½. */
const ROOT_HALF = 0x3fe6a09e;
const MINUS_INFINITY = vector(0, 0xfff00000, 0, 0xfff00000);

/** log2(u) for u ≥ 0, to 2^-36 relatively: e + log2(m), u = m·2^e with √½ ≤ m < √2. */
function log2(body: Body, u: Doubles): Doubles {
  const upper = i8x16.shuffle(u[0], u[1], UPPER_HALVES);
  const e = body.local(i32x4.shr_s(i32x4.sub(upper, ROOT_HALF), 20));
  const exponents = promoted(body, body.local(f32x4.convert_i32x4_s(e)));
  const shifted = body.local(i32x4.shl(e, 20));
  return map(body, u, (half, i) => {
    const bits = i8x16.shuffle(0, shifted, i === 0 ? lanes(0, 4, 1, 5) : lanes(2, 6, 3, 7));
    const m = body.local(i32x4.sub(half, bits));
    const s = body.local(f64x2.div(f64x2.sub(m, 1), f64x2.add(m, 1)));
    const y = f64x2.add(exponents[i], f64x2.mul(s, horner(body.local(f64x2.mul(s, s)), LOG2)));
    return v128.bitselect(v128.bitselect(y, half, f64x2.lt(half, Infinity)), MINUS_INFINITY, f64x2.ne(half, 0));
  });
}

/** c[0] + c[1]·x + c[2]·x² + … in f64. */
function horner(x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = [...coefficients].reverse();
  return rest.reduce<V128>((sum, c) => f64x2.add(f64x2.mul(sum, x), c), first!) as Vector;
}

/** a^b, to 2 ulp, as IEEE 754 has it: 2^(b·log2|a|); a negative base has a value for whole b, whose oddness makes it negative. */
export function pow(body: Body, a: Vector, b: Doubles): Vector {
  const logarithms = log2(body, promoted(body, body.local(f32x4.abs(a))));
  const t = map(body, b, (half, i) => f64x2.pmax(f64x2.pmin(f64x2.mul(half, logarithms[i]), 252), -252));
  const { n, bits } = rounded(body, t);
  const r = map(body, t, (half, i) => f64x2.mul(f64x2.sub(half, n[i]), Math.LN2));
  const y = expOfParts(body, body.local(demoted(r)), bits);

  const isWhole = body.local(lowerHalves(map(body, b, (half) => f64x2.eq(f64x2.nearest(half), half))));
  const halves = map(body, b, (half) => f64x2.mul(half, 0.5));
  const isUneven = lowerHalves(map(body, halves, (half) => f64x2.ne(f64x2.nearest(half), half)));
  const sign = v128.and(v128.and(a, 0x80000000), v128.and(isWhole, isUneven));
  const isUndefined = v128.andnot(v128.and(f32x4.lt(a, 0), f32x4.gt(a, -Infinity)), isWhole);
  const isZero = lowerHalves(map(body, b, (half) => f64x2.eq(half, 0)));
  const isInfinite = lowerHalves(map(body, b, (half) => v128.or(f64x2.eq(half, Infinity), f64x2.eq(half, -Infinity))));
  // 1^b, and (−1)^±∞
  const isOne = v128.or(f32x4.eq(a, 1), v128.and(f32x4.eq(a, -1), isInfinite));
  return body.local(v128.bitselect(1, v128.or(v128.xor(y, sign), isUndefined), v128.or(isZero, isOne)));
}
