/** Element-wise functions of one tensor and their gradients: a table, one loop for values and one for gradients. */
import type { Body } from "../emit/assembler.ts";
import { type Elementwise, elementwise, storeEach } from "../emit/elementwise.ts";
import { f32x4, i32, v128, type Value } from "../emit/instructions.ts";
import { type SimdActivation, simdActivations } from "../math/activations.ts";
import { cosechDefect, logNormaliser, mean, meanSlope } from "../math/continuous_bernoulli.ts";
import { cos, sin } from "../math/extended.ts";
import * as math from "../math/math.ts";
import type { Bound, SimdKernel, SimdKernels } from "./kernel.ts";

type Vector = Value<"v128">;
const { add, mul, div, neg } = f32x4;

/** y = f(x), and dx = dy·df/dx in an order that overflows only where dx does; a and b are the function's constants. */
interface SimdUnary {
  f(body: Body, x: Vector, a: Vector, b: Vector): Vector;
  grad(body: Body, dy: Vector, kept: Vector, a: Vector, b: Vector): Vector;
}

/** An activation as a function of its own. */
const alone = ({ shader, f, df }: SimdActivation): readonly [shader: string, SimdUnary] => [
  shader,
  { f, grad: (body, dy, kept, a) => mul(dy, df(body, kept, a)) },
];

/** The sign of x: 1, −1, or x itself where it is ±0 or NaN. */
const signOf = (x: Vector): Vector => v128.bitselect(v128.or(v128.and(x, 0x80000000), 0x3f800000), x, f32x4.gt(f32x4.abs(x), 0));

/** Each by its kernel's name, with its shader: the tables of src/ops say the same in f64. Those that have no form here run the CPU loop. */
const table: Readonly<Record<string, readonly [shader: string, SimdUnary]>> = {
  ...Object.fromEntries(Object.entries(simdActivations).map(([name, fn]) => [name, alone(fn)])),
  neg: ["neg", { f: (_, x) => neg(x), grad: (_, dy) => neg(dy) }],
  abs: ["abs", { f: (_, x) => f32x4.abs(x), grad: (_, dy, x) => mul(dy, signOf(x)) }],
  square: ["square", { f: (_, x) => mul(x, x), grad: (_, dy, x) => mul(mul(dy, 2), x) }],
  sqrt: ["sqrt", { f: (_, x) => f32x4.sqrt(x), grad: (_, dy, y) => div(mul(dy, 0.5), y) }],
  rsqrt: ["rsqrt", { f: (_, x) => div(1, f32x4.sqrt(x)), grad: (_, dy, y) => mul(mul(mul(mul(dy, -0.5), y), y), y) }],
  reciprocal: ["reciprocal", { f: (_, x) => div(1, x), grad: (_, dy, y) => neg(mul(mul(dy, y), y)) }],
  exp: ["exp", { f: math.exp, grad: (_, dy, y) => mul(dy, y) }],
  log: ["log", { f: math.log, grad: (_, dy, x) => div(dy, x) }],
  log1p: ["log1p", { f: math.log1pOfAny, grad: (_, dy, x) => div(dy, add(x, 1)) }],
  expm1: ["expm1", { f: math.expm1, grad: (body, dy, x) => mul(dy, math.exp(body, x)) }],
  sin: ["sin", { f: sin, grad: (body, dy, x) => mul(dy, cos(body, x)) }],
  cos: ["cos", { f: cos, grad: (body, dy, x) => mul(neg(dy), sin(body, x)) }],
  clamp: [
    "clamp",
    {
      f: (_, x, a, b) => f32x4.min(f32x4.max(x, a), b),
      grad: (_, dy, x, a, b) => mul(dy, math.orNan(math.indicator(v128.and(f32x4.ge(x, a), f32x4.le(x, b))), x)),
    },
  ],
  continuousBernoulliLogNormaliser: [
    "continuous_bernoulli_log_normaliser",
    { f: logNormaliser, grad: (body, dy, x) => mul(dy, cosechDefect(body, x)) },
  ],
  continuousBernoulliMean: ["continuous_bernoulli_mean", { f: mean, grad: (body, dy, x) => mul(dy, meanSlope(body, x)) }],
};

const FORWARD = ["i32", "i32", "i32", "f32", "f32"] as const;

/** y[i] = f(x[i], a, b). */
function forward(name: string, { f }: SimdUnary): Elementwise<typeof FORWARD> {
  return elementwise(name, FORWARD, (body, x, y, n, a, b) => {
    const [first, second] = [body.local(f32x4.splat(a)), body.local(f32x4.splat(b))];
    storeEach(body, y, n, (offset) => f(body, body.local(v128.load(i32.add(x, offset))), first, second));
  });
}

const BACKWARD = ["i32", "i32", "i32", "i32", "f32", "f32", "i32"] as const;

/** dx[i] (+)= dy[i]·df(kept[i], a, b). */
function backward(name: string, { grad }: SimdUnary): Elementwise<typeof BACKWARD> {
  return elementwise(`${name}_grad`, BACKWARD, (body, kept, dy, dx, n, a, b, accumulate) => {
    const [first, second] = [body.local(f32x4.splat(a)), body.local(f32x4.splat(b))];
    storeEach(body, dx, n, (offset) => {
      const load = (base: typeof n): Vector => body.local(v128.load(i32.add(base, offset)));
      const g = body.local(grad(body, load(dy), load(kept), first, second));
      body.when(accumulate, () => body.set(g, add(load(dx), g)));
      return g;
    });
  });
}

type UnaryParams = Readonly<Record<"n" | "a" | "b" | "accumulate", number>>;

function forwardKernel(shader: string, { routine, work }: Elementwise<typeof FORWARD>): SimdKernel {
  return {
    shader,
    bind({ engine, inputs: [x], outputs: [y], params }: Bound<UnaryParams>) {
      const run = engine.function(routine);
      const part = (from: number, to: number): void => run(x! + 4 * from, y! + 4 * from, to - from, params.a, params.b);
      return () => engine.split(params.n, 16, work(params.n), part);
    },
  };
}

function backwardKernel(shader: string, { routine, work }: Elementwise<typeof BACKWARD>): SimdKernel {
  return {
    shader,
    bind({ engine, inputs: [kept, dy], outputs: [dx], params }: Bound<UnaryParams>) {
      const run = engine.function(routine);
      const part = (from: number, to: number): void =>
        run(kept! + 4 * from, dy! + 4 * from, dx! + 4 * from, to - from, params.a, params.b, params.accumulate);
      return () => engine.split(params.n, 16, work(params.n), part);
    },
  };
}

export const unaryKernels: SimdKernels = Object.fromEntries(
  Object.entries(table).flatMap(([name, [shader, fn]]) => [
    [name, forwardKernel(shader, forward(name, fn))],
    [`${name}_grad`, backwardKernel(shader, backward(name, fn))],
  ]),
);
