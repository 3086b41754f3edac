/** Element-wise functions of one number: for each a value, a derivative, and a shader that says the same. */
import type { Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { logistic, normalCdf, normalPdf } from "./special.ts";

/**
 * One row of the table: y = f(x) and dy/dx = df(x, y), with up to two constants a and b. `needs` says which of x and y the derivative looks at;
 * the other is not kept.
 */
export interface Unary {
  readonly name: string;
  readonly wgsl: Shader;
  readonly needs: "x" | "y";
  f(x: number, a: number, b: number): number;
  df(x: number, y: number, a: number, b: number): number;
}

/** q of sinh(x) = x + x³/6·q, of z = x², by its series for |x| ≤ 2. */
function sinhTail(z: number): number {
  let q = 1;
  for (let k = 22; k >= 4; k -= 2) q = 1 + (z / (k * (k + 1))) * q;
  return q;
}

/** 1/x − 1/sinh(x): with q = sinhTail it is x/6·q/(1 + x²/6·q), without a difference that cancels, for |x| ≤ 2. */
function cosechDefect(x: number): number {
  if (Math.abs(x) > 2) return 1 / x - 1 / Math.sinh(x);
  const q = sinhTail(x * x);
  return ((x / 6) * q) / (1 + ((x * x) / 6) * q);
}

export const neg: Unary = { name: "neg", wgsl: shaders.neg, needs: "x", f: (x) => -x, df: () => -1 };
export const abs: Unary = { name: "abs", wgsl: shaders.abs, needs: "x", f: Math.abs, df: (x) => Math.sign(x) };
export const square: Unary = { name: "square", wgsl: shaders.square, needs: "x", f: (x) => x * x, df: (x) => 2 * x };
export const sqrt: Unary = { name: "sqrt", wgsl: shaders.sqrt, needs: "y", f: Math.sqrt, df: (_, y) => 0.5 / y };
export const rsqrt: Unary = { name: "rsqrt", wgsl: shaders.rsqrt, needs: "y", f: (x) => 1 / Math.sqrt(x), df: (_, y) => -0.5 * y * y * y };
export const reciprocal: Unary = { name: "reciprocal", wgsl: shaders.reciprocal, needs: "y", f: (x) => 1 / x, df: (_, y) => -y * y };
export const exp: Unary = { name: "exp", wgsl: shaders.exp, needs: "y", f: Math.exp, df: (_, y) => y };
export const log: Unary = { name: "log", wgsl: shaders.log, needs: "x", f: Math.log, df: (x) => 1 / x };
export const log1p: Unary = { name: "log1p", wgsl: shaders.log1p, needs: "x", f: Math.log1p, df: (x) => 1 / (1 + x) };
export const expm1: Unary = { name: "expm1", wgsl: shaders.expm1, needs: "x", f: Math.expm1, df: (x) => Math.exp(x) };
export const sin: Unary = { name: "sin", wgsl: shaders.sin, needs: "x", f: Math.sin, df: (x) => Math.cos(x) };
export const cos: Unary = { name: "cos", wgsl: shaders.cos, needs: "x", f: Math.cos, df: (x) => -Math.sin(x) };
export const tanh: Unary = { name: "tanh", wgsl: shaders.tanh, needs: "y", f: Math.tanh, df: (_, y) => (1 - y) * (1 + y) };

export const sigmoid: Unary = {
  name: "sigmoid",
  wgsl: shaders.sigmoid,
  needs: "x",
  f: logistic,
  df: (x) => logistic(x) * logistic(-x),
};

export const softplus: Unary = {
  name: "softplus",
  wgsl: shaders.softplus,
  needs: "y",
  f: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  df: (_, y) => -Math.expm1(-y),
};

/** A y that is not above 0 is 0, or NaN, and so is the derivative. */
export const relu: Unary = { name: "relu", wgsl: shaders.relu, needs: "y", f: (x) => Math.max(x, 0), df: (_, y) => (y > 0 ? 1 : y) };

/** a is the slope below 0; y and x have the same sign as long as it is not negative. */
export const leakyRelu: Unary = {
  name: "leakyRelu",
  wgsl: shaders.leakyRelu,
  needs: "y",
  f: (x, a) => (x > 0 ? x : a * x),
  df: (_, y, a) => (y > 0 ? 1 : y <= 0 ? a : NaN),
};

/** a is the limit below 0, with its sign changed. */
export const elu: Unary = {
  name: "elu",
  wgsl: shaders.elu,
  needs: "y",
  f: (x, a) => (x > 0 ? x : a * Math.expm1(x)),
  df: (_, y, a) => (y > 0 ? 1 : y + a),
};

export const gelu: Unary = {
  name: "gelu",
  wgsl: shaders.gelu,
  needs: "x",
  f: (x) => x * normalCdf(x),
  df: (x) => normalCdf(x) + x * normalPdf(x),
};

export const silu: Unary = {
  name: "silu",
  wgsl: shaders.silu,
  needs: "x",
  f: (x) => x * logistic(x),
  df: (x) => logistic(x) * (1 + x * logistic(-x)),
};

/** a and b are the bounds. */
export const clamp: Unary = {
  name: "clamp",
  wgsl: shaders.clamp,
  needs: "x",
  f: (x, a, b) => Math.min(Math.max(x, a), b),
  df: (x, _, a, b) => (x < a || x > b ? 0 : x >= a ? 1 : NaN),
};

export const continuousBernoulliLogNormaliser: Unary = {
  name: "continuousBernoulliLogNormaliser",
  wgsl: shaders.continuousBernoulliLogNormaliser,
  needs: "x",
  f(x) {
    const u = Math.abs(x);
    return u < 1e-8 ? Math.LN2 : Math.log((u * (1 + Math.exp(-u))) / -Math.expm1(-u));
  },
  df: cosechDefect,
};

/** With u = x/2 and sinh(u) = u·r the derivative is ¼·(1/u − 1/sinh(u))·(1/u + 1/sinh(u)), the first factor by its series. */
export const continuousBernoulliMean: Unary = {
  name: "continuousBernoulliMean",
  wgsl: shaders.continuousBernoulliMean,
  needs: "x",
  f: (x) => logistic(x) - cosechDefect(x),
  df(x) {
    if (Math.abs(x) > 2) return 1 / (x * x) - 0.25 / Math.sinh(x / 2) ** 2;
    const z = (x * x) / 4;
    const r = 1 + (z / 6) * sinhTail(z);
    return (sinhTail(z) / (24 * r)) * (1 + 1 / r);
  },
};

const identity: Unary = { name: "identity", wgsl: shaders.libIdentity, needs: "y", f: (x) => x, df: () => 1 };

/** Every function that is an op, by the op's name: tests and benches run over it. */
export const unaryTable: Readonly<Record<string, Unary>> = Object.fromEntries(
  [neg, abs, square, sqrt, rsqrt, reciprocal, exp, log, log1p, expm1, sin, cos, tanh, sigmoid, softplus, relu, leakyRelu, elu, gelu, silu, clamp]
    .concat(continuousBernoulliLogNormaliser, continuousBernoulliMean)
    .map((fn) => [fn.name, fn]),
);

/** The activations of a dense layer, by name. */
export type ActivationName = "identity" | "relu" | "leakyRelu" | "elu" | "tanh" | "sigmoid" | "softplus" | "gelu" | "silu";

/** What a dense layer may apply to its sums, by name: the function, and the constant a that it takes by default. */
export const activations: Readonly<Record<ActivationName, { readonly unary: Unary; readonly a: number }>> = {
  identity: { unary: identity, a: 0 },
  relu: { unary: relu, a: 0 },
  leakyRelu: { unary: leakyRelu, a: 0.01 },
  elu: { unary: elu, a: 1 },
  tanh: { unary: tanh, a: 0 },
  sigmoid: { unary: sigmoid, a: 0 },
  softplus: { unary: softplus, a: 0 },
  gelu: { unary: gelu, a: 0 },
  silu: { unary: silu, a: 0 },
};
