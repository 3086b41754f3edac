/**
 * Functions of four f32 lanes. Accuracies are the largest errors measured against f64 by the tests, in ulp of the result; NaN and infinities pass
 * through all of them, and results below 2^-126 keep only an absolute accuracy.
 */
import type { Body } from "./assembler.ts";
import { f32x4, i32x4, type V128, v128, type Value } from "./instructions.ts";

type Vector = Value<"v128">;

/** c[0] + c[1]·x + c[2]·x² + … by Horner's rule. */
export function polynomial(x: Vector, coefficients: readonly number[]): Vector {
  const [first, ...rest] = [...coefficients].reverse();
  return rest.reduce<V128>((sum, c) => f32x4.add(f32x4.mul(sum, x), c), first!) as Vector;
}

/** −|x|. */
export const negativeAbs = (x: Vector): Vector => v128.or(x, 0x80000000);
/** The larger of x and 0, and NaN where x is. */
export const positive = (x: Vector): Vector => f32x4.pmax(x, 0);

/** Added to a number below 2^22 it rounds to a whole number, which stands in the lower bits of the sum. */
const ROUNDING = 1.5 * 2 ** 23;
const ROUNDING_BITS = 0x4b400000;

/** exp(x) to 2 ulp: 2^n·exp(r), n = round(x/ln 2), r = x − n·ln 2 by Cody and Waite's two parts of ln 2. */
export function exp(body: Body, x: Vector): Vector {
  const clamped = body.local(f32x4.pmax(f32x4.pmin(x, 100), -110));
  const rounded = body.local(f32x4.add(f32x4.mul(clamped, Math.LOG2E), ROUNDING));
  const n = body.local(f32x4.sub(rounded, ROUNDING));
  const r = body.local(f32x4.sub(f32x4.sub(clamped, f32x4.mul(n, 0.693145751953125)), f32x4.mul(n, 1.428606765330187e-6)));
  const y = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(r, r), polynomial(r, EXP)), r), 1);
  // two factors, because 2^n alone may overflow or underflow where the result does not
  const bits = body.local(i32x4.sub(rounded, ROUNDING_BITS));
  const half = body.local(i32x4.shr_s(bits, 1));
  return body.local(f32x4.mul(f32x4.mul(y, powerOfTwo(half)), powerOfTwo(i32x4.sub(bits, half))));
}

/** (exp(r) − 1 − r)/r² for |r| ≤ ½·ln 2. */
const EXP = [0.50000001201, 0.16666665459, 0.041665795894, 0.0083334519073, 0.0013981999507, 0.000198756915];

const powerOfTwo = (n: Vector): Vector => i32x4.shl(i32x4.add(n, 127), 23);

/** log(1 + x) for −½ ≤ x ≤ 1, to 2 ulp: with s = x/(2 + x) it is 2·atanh(s) = x − (x²/2 − s·(x²/2 + R(s²))). */
export function log1p(body: Body, x: Vector): Vector {
  const s = body.local(f32x4.div(x, f32x4.add(x, 2)));
  const z = body.local(f32x4.mul(s, s));
  const halfSquare = body.local(f32x4.mul(f32x4.mul(x, x), 0.5));
  const r = f32x4.mul(z, polynomial(z, ATANH));
  return body.local(f32x4.sub(x, f32x4.sub(halfSquare, f32x4.mul(s, f32x4.add(halfSquare, r)))));
}

const ATANH = [0.66666669, 0.4000001, 0.28570297, 0.22264951, 0.17462222, 0.20796578];

/** log(x) for normal numbers x > 0, to 2 ulp: e·ln 2 + log(m), x = m·2^e with √½ ≤ m < √2. */
export function logOfNormal(body: Body, x: Vector): Vector {
  const shifted = body.local(i32x4.sub(x, 0x3f3504f3));
  const e = body.local(f32x4.convert_i32x4_s(i32x4.shr_s(shifted, 23)));
  const m = i32x4.add(v128.and(shifted, 0x007fffff), 0x3f3504f3);
  const logM = log1p(body, body.local(f32x4.sub(m, 1)));
  return body.local(f32x4.add(f32x4.mul(e, 0.693145751953125), f32x4.add(logM, f32x4.mul(e, 1.428606765330187e-6))));
}

/** (exp(x) − 1 − x)/x² for |x| ≤ 1. */
const EXPM1 = [0.5, 0.16666667, 0.041666668, 8.3333449e-3, 1.3888859e-3, 1.9837049e-4, 2.4804369e-5, 2.8123002e-6, 2.7712525e-7];

/** near where |x| ≤ 1, else far. */
const nearZero = (x: Vector, near: Vector, far: Vector): Vector => v128.bitselect(near, far, f32x4.le(f32x4.abs(x), 1));

/** exp(x) − 1, to 3 ulp. */
export function expm1(body: Body, x: Vector): Vector {
  const near = f32x4.add(x, f32x4.mul(f32x4.mul(x, x), polynomial(x, EXPM1)));
  return body.local(nearZero(x, near, f32x4.sub(exp(body, x), 1)));
}

/** exp(x) − 1 − x, to 4 ulp: x²/2 near 0. */
export function expm1Minus(body: Body, x: Vector): Vector {
  const near = f32x4.mul(f32x4.mul(x, x), polynomial(x, EXPM1));
  return body.local(nearZero(x, near, f32x4.sub(f32x4.sub(exp(body, x), 1), x)));
}

/** tanh(x), to 3 ulp: x + x³·P(x²) below 0.625 and 1 − 2/(exp(2x) + 1) above, with the sign of x. */
export function tanh(body: Body, x: Vector): Vector {
  const u = body.local(f32x4.abs(x));
  const z = body.local(f32x4.mul(x, x));
  const near = f32x4.add(x, f32x4.mul(x, f32x4.mul(z, polynomial(z, TANH))));
  const far = f32x4.sub(1, f32x4.div(2, f32x4.add(exp(body, body.local(f32x4.mul(u, 2))), 1)));
  return body.local(v128.bitselect(near, v128.or(far, v128.and(x, 0x80000000)), f32x4.lt(u, 0.625)));
}

/** (tanh(√z)/√z − 1)/z for z < 0.625². */
const TANH = [-0.333332819422, 0.133314422036, -0.0537397155531, 0.0206390887954, -0.00570498872745];

/** 1/(1 + exp(−x)), to 4 ulp, in |x| so that exp does not overflow. */
export function logistic(body: Body, x: Vector): Vector {
  const e = exp(body, negativeAbs(x));
  return body.local(f32x4.div(v128.bitselect(e, constantOne, f32x4.lt(x, 0)), f32x4.add(e, 1)));
}

const constantOne: V128 = 1;

/** max(x, 0) + log(1 + exp(−|x|)), to 3 ulp. */
export function softplus(body: Body, x: Vector): Vector {
  return body.local(f32x4.add(positive(x), log1p(body, exp(body, negativeAbs(x)))));
}

/** Φ(x) = (1 + erf(x/√2))/2: exp(−x²/2)·t·Q(t) with t = 1/(1 + 0.3·|x|) is the tail, to 3 + x² ulp of it. */
export function normalCdf(body: Body, x: Vector): Vector {
  const t = body.local(f32x4.div(1, f32x4.add(f32x4.mul(f32x4.abs(x), 0.3), 1)));
  const tail = body.local(f32x4.mul(f32x4.mul(expOfHalfSquare(body, x), t), polynomial(t, CDF)));
  return body.local(v128.bitselect(tail, f32x4.sub(1, tail), f32x4.lt(x, 0)));
}

const CDF = [0.11968669, 0.11957181, 0.11023547, 0.078389443, 0.096157439, -0.079424642, 0.19178593, -0.22821465, 0.11243606, -0.020623552];

/** exp(−x²/2)/√(2π), to 2 + x² ulp. */
export function normalPdf(body: Body, x: Vector): Vector {
  return body.local(f32x4.mul(expOfHalfSquare(body, x), 0.39894228));
}

const expOfHalfSquare = (body: Body, x: Vector): Vector => exp(body, f32x4.mul(f32x4.mul(x, x), -0.5));
