/** The continuous Bernoulli's functions (Loaiza-Ganem and Cunningham 2019) on four f32 lanes: series up to |x| = 2, and forms in exp(−|x|) above. */
import type { Body } from "../emit/assembler.ts";
import { f32x4, v128, type Value } from "../emit/instructions.ts";
import { exp, expm1, log, logistic, negativeAbs, polynomial, signedAs } from "./math.ts";

type Vector = Value<"v128">;
const { add, sub, mul, div } = f32x4;

/** 6·(sinh(x) − x)/x³ by x² for |x| ≤ 2. */
const SINH = [1, 0.0499999747, 0.00119052676, 1.64991834e-5, 1.60261962e-7];

/** Where f32 cannot tell the function from its value at 0. */
const ZERO = 2 ** -12;

/** log(u·(1 + exp(−u))/(1 − exp(−u))), u = |x|, to 5 ulp. */
export function logNormaliser(body: Body, x: Vector): Vector {
  const u = body.local(f32x4.abs(x));
  const m = body.local(f32x4.neg(expm1(body, negativeAbs(x))));
  const y = log(body, body.local(div(mul(u, sub(2, m)), m)));
  return body.local(v128.bitselect(Math.LN2, y, f32x4.lt(u, ZERO)));
}

/** 1/x − 1/sinh(x), to 4 ulp. */
export function cosechDefect(body: Body, x: Vector): Vector {
  const z = body.local(mul(x, x));
  const q = body.local(mul(polynomial(z, SINH), 1 / 6));
  const near = div(mul(x, q), add(mul(z, q), 1));
  const e = exp(body, negativeAbs(x));
  const cosech = signedAs(div(mul(e, 2), mul(sub(1, e), add(e, 1))), x);
  const far = sub(div(1, x), cosech);
  return body.local(v128.bitselect(near, far, f32x4.le(f32x4.abs(x), 2)));
}

/** 1/(1 − exp(−x)) − 1/x, to 3 ulp. */
export function mean(body: Body, x: Vector): Vector {
  return body.local(sub(logistic(body, x), cosechDefect(body, x)));
}

/** The derivative of the mean, to 8 ulp: 1/x² − 1/(4·sinh²(x/2)), or by sinh(v) = v·r, v = x/2. */
export function meanSlope(body: Body, x: Vector): Vector {
  const z = body.local(mul(mul(x, x), 0.25));
  const q = body.local(polynomial(z, SINH));
  const r = body.local(add(mul(mul(z, q), 1 / 6), 1));
  const near = div(mul(q, add(r, 1)), mul(mul(r, r), 24));
  const e = exp(body, negativeAbs(x));
  const inverse = body.local(div(1, x));
  const rest = body.local(sub(1, e));
  const far = sub(mul(inverse, inverse), div(e, mul(rest, rest)));
  return body.local(v128.bitselect(near, far, f32x4.le(f32x4.abs(x), 2)));
}
