/**
 * Functions of four f32 lanes. Accuracies are the largest errors measured against f64 by the tests, in ulp of the result; NaN, infinities and −0
 * pass through all of them, and results below 2^-126 keep only an absolute accuracy.
 */
import type { Body } from "../emit/assembler.ts";
import { f32x4, i32x4, type V128, v128, type Value } from "../emit/instructions.ts";

type Vector = Value<"v128">;

/** c[0] + c[1]·x + c[2]·x² + … by Horner's rule. */
export function polynomial(x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = [...coefficients].reverse();
  return rest.reduce<V128>((sum, c) => f32x4.add(f32x4.mul(sum, x), c), first!) as Vector;
}

/** −|x|. */
export const negativeAbs = (x: Vector): Vector => v128.or(x, 0x80000000);
/** The larger of x and 0, NaN where x is, and −0 for −0. */
export const positive = (x: Vector): Vector => f32x4.pmax(x, 0);

/** x with the sign of y, where x is not negative or has that sign already. */
export const signedAs = (x: Vector, y: Vector): Vector => v128.or(x, v128.and(y, 0x80000000));

/** 1 in the lanes that a comparison found true, else 0. */
export const indicator = (mask: Vector): Vector => v128.and(mask, 0x3f800000);

/** y, but NaN in the lanes where x is. */
export const orNan = (y: Vector, x: Vector): Vector => v128.or(y, f32x4.ne(x, x));

/** Added to a number below 2^22 it rounds to a whole number, which stands in the lower bits of the sum. */
const ROUNDING = 1.5 * 2 ** 23;
const ROUNDING_BITS = 0x4b400000;

/** exp(x), to 1 ulp: 2^n·exp(r), n = round(x/ln 2), r = x − n·ln 2 by Cody and Waite's two parts of ln 2. */
export function exp(body: Body, x: Vector): Vector {
  const clamped = body.local(f32x4.pmax(f32x4.pmin(x, 100), -110));
  const rounded = body.local(f32x4.add(f32x4.mul(clamped, Math.LOG2E), ROUNDING));
  const n = body.local(f32x4.sub(rounded, ROUNDING));
  const r = body.local(f32x4.sub(f32x4.sub(clamped, f32x4.mul(n, 0.693145751953125)), f32x4.mul(n, 1.428606765330187e-6)));
  return expOfParts(body, r, body.local(i32x4.sub(rounded, ROUNDING_BITS)));
}

/** 2^n·exp(r), to 1 ulp, for |r| ≤ ½·ln 2 and |n| ≤ 252. */
export function expOfParts(body: Body, r: Vector, n: Vector): Vector {
  const y = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), polynomial(r, EXP)), r), 1);
  // two factors, because 2^n alone may overflow or underflow where the result does not
  const half = body.local(i32x4.shr_s(n, 1));
  return body.local(f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(n, half))));
}

/** (exp(r) − 1 − r)/r² for |r| ≤ ½·ln 2. */
const EXP = [0.50000001201, 0.16666665459, 0.041665795894, 0.0083334519073, 0.0013981999507, 0.000198756915];

const powerOfTwo = (n: Vector): Vector => i32x4.shl(i32x4.add(n, 127), 23);

/** log(1 + x) for −½ ≤ x ≤ 1, to 2 ulp. */
export function log1p(body: Body, x: Vector): Vector {
  const { halfSquare, rest } = log1pParts(body, x);
  return body.local(f32x4.sub(x, f32x4.sub(halfSquare, rest)));
}

/** log(1 + x) = x − (x²/2 − rest) for −½ ≤ x ≤ 1: with s = x/(2 + x) it is 2·atanh(s), and rest = s·(x²/2 + R(s²)). */
function log1pParts(body: Body, x: Vector): { readonly halfSquare: Vector; readonly rest: Vector } {
  const s = body.local(f32x4.div(x, f32x4.add(x, 2)));
  const z = body.local(f32x4.mul(s, s));
  const halfSquare = body.local(f32x4.mul(f32x4.mul(x, x), 0.5));
  return { halfSquare, rest: f32x4.mul(s, f32x4.add(halfSquare, f32x4.mul(z, polynomial(z, ATANH)))) };
}

const ATANH = [0.66666669, 0.4000001, 0.28570297, 0.22264951, 0.17462222, 0.20796578];

/** e·ln 2 + log(1 + f), the small terms first. */
function logOfParts(body: Body, e: Vector, f: Vector): Vector {
  const { halfSquare, rest } = log1pParts(body, f);
  const small = f32x4.sub(halfSquare, f32x4.add(rest, f32x4.mul(e, 1.428606765330187e-6)));
  return body.local(f32x4.sub(f32x4.mul(e, 0.693145751953125), f32x4.sub(small, f)));
}

/** The bits of √½: the exponent of x/√½ is that of m·2^e with √½ ≤ m < √2. */
const ROOT_HALF = 0x3f3504f3;

/** log(x) for normal numbers x > 0, to 1 ulp: e·ln 2 + log(m), x = m·2^e. */
export function logOfNormal(body: Body, x: Vector): Vector {
  const shifted = body.local(i32x4.sub(x, ROOT_HALF));
  const e = body.local(f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23)));
  const m = i32x4.add(v128.and(shifted, 0x007fffff), ROOT_HALF);
  return logOfParts(body, e, body.local(f32x4.sub(m, 1)));
}

/** log(x), to 1 ulp, also of numbers below 2^-126: −∞ at ±0, NaN below. */
export function log(body: Body, x: Vector): Vector {
  const isSmall = body.local(f32x4.lt(x, 2 ** -126));
  const normal = body.local(v128.bitselect(f32x4.mul(x, 2 ** 23), x, isSmall));
  const y = logOfNormal(body, normal);
  return body.local(logLimits(x, v128.bitselect(f32x4.sub(y, 23 * Math.LN2), y, isSmall)));
}

/** y where 0 < x < ∞, else what log(x) is there: √x is NaN below 0. */
function logLimits(x: Vector, y: Vector): Vector {
  const other = v128.bitselect(-Infinity, f32x4.sqrt(x), f32x4.eq(x, 0));
  return v128.bitselect(y, other, v128.and(f32x4.gt(x, 0), f32x4.lt(x, Infinity)));
}

/** log(1 + x), to 1.5 ulp: of u = 1 + x as rounded, 1 + x = m·2^e, and what the rounding lost goes to m − 1. */
export function log1pOfAny(body: Body, x: Vector): Vector {
  const u = body.local(f32x4.add(x, 1));
  const shifted = body.local(i32x4.sub(u, ROOT_HALF));
  const n = body.local(i32x4.shr_s(shifted, 23));
  const m = i32x4.add(v128.and(shifted, 0x007fffff), ROOT_HALF);
  const lost = v128.bitselect(f32x4.sub(x, f32x4.sub(u, 1)), f32x4.sub(1, f32x4.sub(u, x)), f32x4.lt(x, 1));
  // of large numbers what is lost does not matter, and 2^-n may not be one
  const scaled = v128.and(f32x4.mul(lost, powerOfTwo(i32x4.sub(0, n))), f32x4.lt(x, 2 ** 64));
  const f = f32x4.add(f32x4.sub(m, 1), scaled);
  const y = logOfParts(body, body.local(f32x4.convert_i32x4_s(n)), body.local(f));
  return body.local(signedAs(logLimits(u, y), x));
}

/** (exp(x) − 1 − x)/x² for |x| ≤ 1. */
const EXPM1 = [0.5, 0.16666667, 0.041666668, 8.3333449e-3, 1.3888859e-3, 1.9837049e-4, 2.4804369e-5, 2.8123002e-6, 2.7712525e-7];

/** near where |x| ≤ 1, else far. */
const nearZero = (x: Vector, near: Vector, far: Vector): Vector => v128.bitselect(near, far, f32x4.le(f32x4.abs(x), 1));

/** exp(x) − 1, to 2 ulp. */
export function expm1(body: Body, x: Vector): Vector {
  const near = f32x4.add(x, f32x4.mul(f32x4.mul(x, x), polynomial(x, EXPM1)));
  return body.local(signedAs(nearZero(x, near, f32x4.sub(exp(body, x), 1)), x));
}

/** exp(x) − 1 − x, to 4 ulp: x²/2 near 0. */
export function expm1Minus(body: Body, x: Vector): Vector {
  const near = f32x4.mul(f32x4.mul(x, x), polynomial(x, EXPM1));
  return body.local(nearZero(x, near, f32x4.sub(f32x4.sub(exp(body, x), 1), x)));
}

/** tanh(x), to 2 ulp: x + x³·P(x²) below 0.625 and 1 − 2/(exp(2x) + 1) above, with the sign of x. */
export function tanh(body: Body, x: Vector): Vector {
  const u = body.local(f32x4.abs(x));
  const z = body.local(f32x4.mul(x, x));
  const near = f32x4.add(x, f32x4.mul(x, f32x4.mul(z, polynomial(z, TANH))));
  const far = f32x4.sub(1, f32x4.div(2, f32x4.add(exp(body, body.local(f32x4.mul(u, 2))), 1)));
  return body.local(signedAs(v128.bitselect(near, far, f32x4.lt(u, 0.625)), x));
}

/** (tanh(√z)/√z − 1)/z for z < 0.625². */
const TANH = [-0.333332819422, 0.133314422036, -0.0537397155531, 0.0206390887954, -0.00570498872745];

/** 1/(1 + exp(−x)), to 3 ulp, in |x| so that exp does not overflow. */
export function logistic(body: Body, x: Vector): Vector {
  const e = exp(body, negativeAbs(x));
  return body.local(f32x4.div(v128.bitselect(e, constantOne, f32x4.lt(x, 0)), f32x4.add(e, 1)));
}

const constantOne: V128 = 1;

/** 1/(1 + exp(−x)) and 1/(1 + exp(x)), to 4 ulp, from one exp. */
export function logistics(body: Body, x: Vector): readonly [Vector, Vector] {
  const e = exp(body, negativeAbs(x));
  const large = body.local(f32x4.div(1, f32x4.add(e, 1)));
  const small = body.local(f32x4.mul(e, large));
  const isNegative = body.local(f32x4.lt(x, 0));
  return [body.local(v128.bitselect(small, large, isNegative)), body.local(v128.bitselect(large, small, isNegative))];
}

/** max(x, 0) + log(1 + exp(−|x|)), to 2 ulp. */
export function softplus(body: Body, x: Vector): Vector {
  return body.local(f32x4.add(positive(x), log1p(body, exp(body, negativeAbs(x)))));
}

/** −log Bernoulli(x; σ(l)) = max(l, 0) − x·l + log(1 + e), for e = exp(−|l|). */
export function bernoulliNll(body: Body, l: Vector, x: Vector, e: Vector): Vector {
  return f32x4.add(f32x4.sub(positive(l), f32x4.mul(x, l)), log1p(body, e));
}

/** Its derivative σ(l) − x, for l ≥ 0 as (1 − x) − σ(−l). */
export function bernoulliNllGrad(body: Body, l: Vector, x: Vector, e: Vector): Vector {
  const q = body.local(f32x4.div(e, f32x4.add(e, 1)));
  return v128.bitselect(f32x4.sub(f32x4.sub(1, x), q), f32x4.sub(q, x), f32x4.ge(l, 0));
}

/** Φ(x) = (1 + erf(x/√2))/2, to 6 ulp: exp(−x²/2)·t·Q(t) with t = 1/(1 + 0.3·|x|) is the tail. */
export function normalCdf(body: Body, x: Vector): Vector {
  const t = body.local(f32x4.div(1, f32x4.add(f32x4.mul(f32x4.abs(x), 0.3), 1)));
  const tail = body.local(f32x4.mul(f32x4.mul(expOfHalfSquare(body, x), t), polynomial(t, CDF)));
  return body.local(v128.bitselect(tail, f32x4.sub(1, tail), f32x4.lt(x, 0)));
}

const CDF = [0.11968669, 0.11957181, 0.11023547, 0.078389443, 0.096157439, -0.079424642, 0.19178593, -0.22821465, 0.11243606, -0.020623552];

/** exp(−x²/2)/√(2π), to 3 ulp. */
export function normalPdf(body: Body, x: Vector): Vector {
  return body.local(f32x4.mul(expOfHalfSquare(body, x), 0.39894228));
}

/** exp(−x²/2), with what x² loses in rounding: the squares of the upper bits of x, and of the rest, are exact. */
function expOfHalfSquare(body: Body, x: Vector): Vector {
  // larger numbers give 0 as well
  const u = body.local(f32x4.pmin(f32x4.abs(x), 16));
  const upper = body.local(v128.and(u, 0xfffff000));
  const square = body.local(f32x4.mul(u, u));
  const lost = f32x4.add(f32x4.sub(f32x4.mul(upper, upper), square), f32x4.mul(f32x4.add(u, upper), f32x4.sub(u, upper)));
  const y = exp(body, body.local(f32x4.mul(square, -0.5)));
  return body.local(f32x4.sub(y, f32x4.mul(y, f32x4.mul(lost, 0.5))));
}
