/** Element-wise kernels of two operands: one table, one CPU loop, one shader frame (lib/binary.wgsl) around each function's own file. */
import { type Kernel, linearGrid, type Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { broadcastStrides, padded, sameShape, type Shape, sizeOf } from "../shape.ts";
import { expm1Minus, logistic, power } from "./special.ts";

/** One row of the table: y = f(a, b). */
export interface Binary {
  readonly name: string;
  readonly wgsl: Shader;
  f(a: number, b: number): number;
}

/** Four numbers each: the shape of the result, and the operands' strides, 0 where an operand repeats. */
export type BinaryParams = { shape: readonly number[]; a_strides: readonly number[]; b_strides: readonly number[] };

/** y[i] = f(a[i], b[i]), the operands broadcast. */
/* @__NO_SIDE_EFFECTS__ */
export function binaryKernel({ name, wgsl, f }: Binary): Kernel<BinaryParams> {
  return {
    name,
    wgsl,
    inputs: ["f32", "f32"],
    outputs: ["f32"],
    params: { shape: "vec4u", a_strides: "vec4u", b_strides: "vec4u" },
    grid: ({ shape }) => linearGrid(sizeOf(shape)),
    cpu([a, b], [y], { shape, a_strides: s, b_strides: t }) {
      let at = 0;
      for (let i = 0; i < shape[0]!; i++) {
        for (let j = 0; j < shape[1]!; j++) {
          for (let k = 0; k < shape[2]!; k++) {
            let p = i * s[0]! + j * s[1]! + k * s[2]!;
            let q = i * t[0]! + j * t[1]! + k * t[2]!;
            for (let l = 0; l < shape[3]!; l++, p += s[3]!, q += t[3]!) y![at++] = f(a![p]!, b![q]!);
          }
        }
      }
    },
    cost: ({ shape }) => ({ flops: sizeOf(shape), bytes: 12 * sizeOf(shape) }),
  };
}

/** The params of a launch: operands of one shape, or of one element, need no more than one dimension. */
export function binaryParams(a: Shape, b: Shape, y: Shape): BinaryParams {
  const whole = (shape: Shape): boolean => sameShape(shape, y) || sizeOf(shape) === 1;
  if (!whole(a) || !whole(b)) {
    return { shape: padded(y, 1), a_strides: padded(broadcastStrides(a, y), 0), b_strides: padded(broadcastStrides(b, y), 0) };
  }
  const stride = (shape: Shape): number[] => [0, 0, 0, sizeOf(shape) === 1 ? 0 : 1];
  return { shape: [1, 1, 1, sizeOf(y)], a_strides: stride(a), b_strides: stride(b) };
}

export const add: Binary = { name: "add", wgsl: shaders.add, f: (a, b) => a + b };
export const sub: Binary = { name: "sub", wgsl: shaders.sub, f: (a, b) => a - b };
export const mul: Binary = { name: "mul", wgsl: shaders.mul, f: (a, b) => a * b };
export const div: Binary = { name: "div", wgsl: shaders.div, f: (a, b) => a / b };
export const pow: Binary = { name: "pow", wgsl: shaders.pow, f: power };
export const maximum: Binary = { name: "maximum", wgsl: shaders.maximum, f: Math.max };
export const minimum: Binary = { name: "minimum", wgsl: shaders.minimum, f: Math.min };

/** a = b takes the short way: ∞ − ∞ is NaN. */
export const logAddExp: Binary = {
  name: "logAddExp",
  wgsl: shaders.logAddExp,
  f: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
};

export const bernoulliNll: Binary = {
  name: "bernoulliNll",
  wgsl: shaders.bernoulliNll,
  f: (l, x) => Math.max(l, 0) - x * l + Math.log1p(Math.exp(-Math.abs(l))),
};

export const gaussianKl: Binary = {
  name: "gaussianKl",
  wgsl: shaders.gaussianKl,
  f: (mean, logVar) => 0.5 * (mean * mean + expm1Minus(logVar)),
};

/** The share of a in the gradient of max(a, b): ties share it half and half, and NaN is passed on. */
export const above: Binary = { name: "above", wgsl: shaders.above, f: (a, b) => (a > b ? 1 : a === b ? 0.5 : a < b ? 0 : NaN) };

/** d(a^b)/da, which is 0 at b = 0 whatever a. */
export const powGradBase: Binary = { name: "pow_grad_base", wgsl: shaders.powGradBase, f: (a, b) => (b === 0 ? 0 : b * power(a, b - 1)) };

/** d(a^b)/db, which is 0 at a = 0 for b ≥ 0. */
export const powGradExponent: Binary = {
  name: "pow_grad_exponent",
  wgsl: shaders.powGradExponent,
  f: (a, b) => (a === 0 && b >= 0 ? 0 : power(a, b) * Math.log(a)),
};

/** σ(l) − x. For l ≥ 0 it is (1 − x) − σ(−l): at saturated logits what is left keeps its relative accuracy. */
export const bernoulliNllGrad: Binary = {
  name: "bernoulli_nll_grad",
  wgsl: shaders.bernoulliNllGrad,
  f: (l, x) => (l >= 0 ? 1 - x - logistic(-l) : logistic(l) - x),
};
