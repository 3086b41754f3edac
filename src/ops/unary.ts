/** Element-wise functions of one tensor: one table (unary_table.ts), one CPU loop, one shader frame (lib/unary.wgsl) around each function's file. */
import { anyTracked, record } from "../autodiff.ts";
import { type Kernel, linearGrid } from "../kernel.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import * as table from "./unary_table.ts";
import type { Unary } from "./unary_table.ts";

export { type ActivationName, activations, type Unary, unaryTable } from "./unary_table.ts";

type UnaryParams = { n: number; a: number; b: number; accumulate: number };

const params = { n: "u32", a: "f32", b: "f32", accumulate: "u32" } as const;

/** y[i] = f(x[i]). */
export function unaryKernel({ name, wgsl, f }: Unary): Kernel<UnaryParams> {
  return {
    name,
    wgsl,
    inputs: ["f32"],
    outputs: ["f32"],
    params,
    grid: ({ n }) => linearGrid(n),
    cpu([x], [y], { n, a, b }) {
      for (let i = 0; i < n; i++) y![i] = f(x![i]!, a, b);
    },
    cost: ({ n }) => ({ flops: n, bytes: 8 * n }),
  };
}

/** dx[i] (+)= dy[i]·df(x[i], y[i]), from x or y, whichever the function needs. */
export function unaryGradKernel({ name, wgsl, df }: Unary): Kernel<UnaryParams> {
  return {
    name: `${name}_grad`,
    wgsl: { ...wgsl, entryPoint: "grad" },
    inputs: ["f32", "f32"],
    outputs: ["f32"],
    params,
    grid: ({ n }) => linearGrid(n),
    cpu([kept, dy], [dx], { n, a, b, accumulate }) {
      for (let i = 0; i < n; i++) {
        const g = dy![i]! * df(kept![i]!, kept![i]!, a, b);
        dx![i] = accumulate ? dx![i]! + g : g;
      }
    },
    cost: ({ n }) => ({ flops: 2 * n, bytes: 12 * n }),
  };
}

/** The op of a function: `unaryOp(fn)(x, a, b)`. A function of one's own needs a shader like those in shaders/, and nothing else. */
export function unaryOp(fn: Unary): (x: Tensor, a?: number, b?: number) => Tensor {
  const forward = unaryKernel(fn);
  const backward = unaryGradKernel(fn);
  return (x, a = 0, b = 0) => {
    const device = check(fn.name, { x });
    const n = x.size;
    const y = empty(device, x.shape, "f32", { tracked: anyTracked(x) });
    device.run(forward, [x.slice], [y.slice], { n, a, b, accumulate: 0 });
    const kept = fn.needs === "x" ? x : y;
    record([y], [x], ([dy], [want]) => {
      if (!want) return;
      const { target, accumulate } = want.write();
      device.run(backward, [kept.slice, dy!.slice], [target.slice], { n, a, b, accumulate });
    });
    return y;
  };
}

/** −x. */
export const neg: (x: Tensor) => Tensor = unaryOp(table.neg);

/** |x|; its gradient at 0 is 0. */
export const abs: (x: Tensor) => Tensor = unaryOp(table.abs);

/** x². */
export const square: (x: Tensor) => Tensor = unaryOp(table.square);

/** √x. */
export const sqrt: (x: Tensor) => Tensor = unaryOp(table.sqrt);

/** 1/√x. */
export const rsqrt: (x: Tensor) => Tensor = unaryOp(table.rsqrt);

/** 1/x. */
export const reciprocal: (x: Tensor) => Tensor = unaryOp(table.reciprocal);

/** exp(x). */
export const exp: (x: Tensor) => Tensor = unaryOp(table.exp);

/** log(x), the natural logarithm. */
export const log: (x: Tensor) => Tensor = unaryOp(table.log);

/** log(1 + x), accurate near 0. */
export const log1p: (x: Tensor) => Tensor = unaryOp(table.log1p);

/** exp(x) − 1, accurate near 0. */
export const expm1: (x: Tensor) => Tensor = unaryOp(table.expm1);

/** sin(x), x in radians. */
export const sin: (x: Tensor) => Tensor = unaryOp(table.sin);

/** cos(x), x in radians. */
export const cos: (x: Tensor) => Tensor = unaryOp(table.cos);

/** tanh(x). */
export const tanh: (x: Tensor) => Tensor = unaryOp(table.tanh);

/** 1/(1 + exp(−x)). */
export const sigmoid: (x: Tensor) => Tensor = unaryOp(table.sigmoid);

/** log(1 + exp(x)). */
export const softplus: (x: Tensor) => Tensor = unaryOp(table.softplus);

/** max(x, 0); its gradient at 0 is 0. */
export const relu: (x: Tensor) => Tensor = unaryOp(table.relu);

/** x·Φ(x), Φ the standard normal distribution function (Hendrycks and Gimpel 2016; exact, not the tanh approximation). */
export const gelu: (x: Tensor) => Tensor = unaryOp(table.gelu);

/** x/(1 + exp(−x)), also called swish. */
export const silu: (x: Tensor) => Tensor = unaryOp(table.silu);

/** log(l/tanh(l/2)), log 2 at 0: the continuous Bernoulli's log normaliser on logits (Loaiza-Ganem and Cunningham 2019). */
export const continuousBernoulliLogNormaliser: (logits: Tensor) => Tensor = unaryOp(table.continuousBernoulliLogNormaliser);

/** 1/(1 − exp(−l)) − 1/l, ½ at 0: the continuous Bernoulli's mean on logits (Loaiza-Ganem and Cunningham 2019). */
export const continuousBernoulliMean: (logits: Tensor) => Tensor = unaryOp(table.continuousBernoulliMean);

const leakyReluOp = unaryOp(table.leakyRelu);
const eluOp = unaryOp(table.elu);
const clampOp = unaryOp(table.clamp);

/** x where x > 0, else slope·x. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  if (!(slope >= 0)) throw new RangeError(`leakyRelu: slope is at least 0, got ${slope}`);
  return leakyReluOp(x, slope);
}

/** x where x > 0, else alpha·(exp(x) − 1). */
export function elu(x: Tensor, alpha = 1): Tensor {
  if (!(alpha >= 0)) throw new RangeError(`elu: alpha is at least 0, got ${alpha}`);
  return eluOp(x, alpha);
}

/** min(max(x, min), max); its gradient is 1 on the bounds themselves. */
export function clamp(x: Tensor, min: number, max: number): Tensor {
  if (!(min <= max)) throw new RangeError(`clamp: min is at most max, got min ${min} and max ${max}`);
  return clampOp(x, min, max);
}
