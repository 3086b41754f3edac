/**
 * Every element-wise op of one tensor but the activations (activation_table.ts), each from one row: its name, value and derivative, and the shader that
 * says the same. All that is exported here is public.
 */
import * as shaders from "../shaders.ts";
import { digamma, logGamma } from "./gamma.ts";
import { cosechDefect, logistic, sinhTail } from "./special.ts";
import { type UnaryOp, unaryOp } from "./unary_op.ts";

/** −x. */
export const neg: UnaryOp = unaryOp({ name: "neg", wgsl: shaders.neg, needs: "x", f: (x) => -x, df: () => -1 });

/** |x|; its gradient at 0 is 0. */
export const abs: UnaryOp = unaryOp({ name: "abs", wgsl: shaders.abs, needs: "x", f: Math.abs, df: Math.sign });

/** x². */
export const square: UnaryOp = unaryOp({
  name: "square",
  wgsl: shaders.square,
  needs: "x",
  f: (x) => x * x,
  df: (x) => 2 * x,
});

/** √x. */
export const sqrt: UnaryOp = unaryOp({
  name: "sqrt",
  wgsl: shaders.sqrt,
  needs: "y",
  f: Math.sqrt,
  df: (_, y) => 0.5 / y,
});

/** 1/√x. */
export const rsqrt: UnaryOp = unaryOp({
  name: "rsqrt",
  wgsl: shaders.rsqrt,
  needs: "y",
  f: (x) => 1 / Math.sqrt(x),
  df: (_, y) => -0.5 * y * y * y,
});

/** 1/x. */
export const reciprocal: UnaryOp = unaryOp({
  name: "reciprocal",
  wgsl: shaders.reciprocal,
  needs: "y",
  f: (x) => 1 / x,
  df: (_, y) => -y * y,
});

/** exp(x). */
export const exp: UnaryOp = unaryOp({
  name: "exp",
  wgsl: shaders.exp,
  needs: "y",
  f: Math.exp,
  df: (_, y) => y,
});

/** log(x), the natural logarithm. */
export const log: UnaryOp = unaryOp({
  name: "log",
  wgsl: shaders.log,
  needs: "x",
  f: Math.log,
  df: (x) => 1 / x,
});

/** log(1 + x), accurate near 0. */
export const log1p: UnaryOp = unaryOp({
  name: "log1p",
  wgsl: shaders.log1p,
  needs: "x",
  f: Math.log1p,
  df: (x) => 1 / (1 + x),
});

/** exp(x) − 1, accurate near 0. */
export const expm1: UnaryOp = unaryOp({
  name: "expm1",
  wgsl: shaders.expm1,
  needs: "x",
  f: Math.expm1,
  df: Math.exp,
});

/**
 * log|Γ(x)|, as C and PyTorch have it: ∞ at the poles 0, −1, −2, … and at −∞. Accurate for x > 0, near its zeros 1 and 2 too; for x < 0 absolutely. Its
 * gradient is the digamma function ψ(x) = Γ'(x)/Γ(x), which is ∓∞ at ±0 and NaN at −1, −2, … The log of x! is `lgamma(add(x, 1))`.
 */
export const lgamma: UnaryOp = unaryOp({
  name: "lgamma",
  wgsl: shaders.lgamma,
  needs: "x",
  f: logGamma,
  df: digamma,
});

/** sin(x), x in radians. */
export const sin: UnaryOp = unaryOp({
  name: "sin",
  wgsl: shaders.sin,
  needs: "x",
  f: Math.sin,
  df: Math.cos,
});

/** cos(x), x in radians. */
export const cos: UnaryOp = unaryOp({
  name: "cos",
  wgsl: shaders.cos,
  needs: "x",
  f: Math.cos,
  df: (x) => -Math.sin(x),
});

/** min(max(x, min), max); its gradient is 1 on the bounds themselves. */
export const clamp: UnaryOp<[min: number, max: number]> = unaryOp({
  name: "clamp",
  wgsl: shaders.clamp,
  needs: "x",
  a: NaN,
  b: NaN,
  check(min, max) {
    if (!(min <= max)) throw new RangeError(`clamp: min is at most max, got min ${min} and max ${max}`);
  },
  f: (x, a, b) => Math.min(Math.max(x, a), b),
  df: (x, _, a, b) => (x < a || x > b ? 0 : x >= a ? 1 : NaN),
});

/** log(l/tanh(l/2)), log 2 at 0: the continuous Bernoulli's log normaliser on logits (Loaiza-Ganem and Cunningham 2019). */
export const continuousBernoulliLogNormaliser: UnaryOp = unaryOp({
  name: "continuousBernoulliLogNormaliser",
  wgsl: shaders.continuousBernoulliLogNormaliser,
  needs: "x",
  f(l) {
    const u = Math.abs(l);
    return u < 1e-8 ? Math.LN2 : Math.log((u * (1 + Math.exp(-u))) / -Math.expm1(-u));
  },
  df: cosechDefect,
});

/**
 * 1/(1 − exp(−l)) − 1/l, ½ at 0: the continuous Bernoulli's mean on logits (Loaiza-Ganem and Cunningham 2019). With u = l/2 and sinh(u) = u·r its
 * derivative is ¼·(1/u − 1/sinh(u))·(1/u + 1/sinh(u)), the first factor by its series.
 */
export const continuousBernoulliMean: UnaryOp = unaryOp({
  name: "continuousBernoulliMean",
  wgsl: shaders.continuousBernoulliMean,
  needs: "x",
  f: (l) => logistic(l) - cosechDefect(l),
  df(l) {
    if (Math.abs(l) > 2) return 1 / (l * l) - 0.25 / Math.sinh(l / 2) ** 2;
    const z = (l * l) / 4;
    const r = 1 + (z / 6) * sinhTail(z);
    return (sinhTail(z) / (24 * r)) * (1 + 1 / r);
  },
});
