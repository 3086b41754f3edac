/**
 * Every element-wise op of one tensor that a dense layer may apply by its name, each from one row, as in unary_table.ts. All that is exported here is
 * public.
 */
import * as shaders from "../shaders.ts";
import { log1pExp, logistic, normalCdf, normalPdf } from "./special.ts";
import { type UnaryOp, unaryOp } from "./unary_op.ts";

/** tanh(x). */
export const tanh: UnaryOp = unaryOp({
  name: "tanh",
  wgsl: shaders.tanh,
  needs: "y",
  f: Math.tanh,
  df: (_, y) => (1 - y) * (1 + y),
});

/** 1/(1 + exp(−x)). */
export const sigmoid: UnaryOp = unaryOp({
  name: "sigmoid",
  wgsl: shaders.sigmoid,
  needs: "x",
  f: logistic,
  df: (x) => logistic(x) * logistic(-x),
});

/** log(1 + exp(x)). */
export const softplus: UnaryOp = unaryOp({
  name: "softplus",
  wgsl: shaders.softplus,
  needs: "y",
  f: log1pExp,
  df: (_, y) => -Math.expm1(-y),
});

/** max(x, 0); its gradient at 0 is 0. */
export const relu: UnaryOp = unaryOp({
  name: "relu",
  wgsl: shaders.relu,
  needs: "y",
  f: (x) => Math.max(x, 0),
  // a y that is not above 0 is 0, or NaN, and so is the derivative
  df: (_, y) => (y > 0 ? 1 : y),
});

/** x where x > 0, else slope·x; y and x have the same sign, because the slope is at least 0. */
export const leakyRelu: UnaryOp<[slope?: number]> = unaryOp({
  name: "leakyRelu",
  wgsl: shaders.leakyRelu,
  needs: "y",
  a: 0.01,
  check(slope) {
    if (!(slope >= 0)) throw new RangeError(`leakyRelu: slope is at least 0, got ${slope}`);
  },
  f: (x, a) => (x > 0 ? x : a * x),
  df: (_, y, a) => (y > 0 ? 1 : y <= 0 ? a : NaN),
});

/** x where x > 0, else alpha·(exp(x) − 1), alpha at least 0. */
export const elu: UnaryOp<[alpha?: number]> = unaryOp({
  name: "elu",
  wgsl: shaders.elu,
  needs: "y",
  a: 1,
  check(alpha) {
    if (!(alpha >= 0)) throw new RangeError(`elu: alpha is at least 0, got ${alpha}`);
  },
  f: (x, a) => (x > 0 ? x : a * Math.expm1(x)),
  df: (_, y, a) => (y > 0 ? 1 : y + a),
});

/** x·Φ(x), Φ the standard normal distribution function (Hendrycks and Gimpel 2016; exact, not the tanh approximation). */
export const gelu: UnaryOp = unaryOp({
  name: "gelu",
  wgsl: shaders.gelu,
  needs: "x",
  f: (x) => x * normalCdf(x),
  df: (x) => normalCdf(x) + x * normalPdf(x),
});

/** x/(1 + exp(−x)), also called swish. */
export const silu: UnaryOp = unaryOp({
  name: "silu",
  wgsl: shaders.silu,
  needs: "x",
  f: (x) => x * logistic(x),
  df: (x) => logistic(x) * (1 + x * logistic(-x)),
});
