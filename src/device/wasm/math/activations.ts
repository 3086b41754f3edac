/** The activations on four lanes, by name: those that have no form here run the CPU loop, and dense layers with them do. */
import type { Body } from "../emit/assembler.ts";
import { f32x4, v128, type Value } from "../emit/instructions.ts";
import * as math from "./math.ts";

type Vector = Value<"v128">;

/** y = f(x) and dy/dx from what the forward kernel kept, which is y, or x where y does not determine it; `a` is the function's constant. */
export interface SimdActivation {
  readonly shader: string;
  f(body: Body, x: Vector, a: Vector): Vector;
  df(body: Body, kept: Vector, a: Vector): Vector;
}

const mul = f32x4.mul;
const add = f32x4.add;

/** What a dense layer without an activation applies. */
export const simdIdentity: SimdActivation = { shader: "lib/identity", f: (_, x) => x, df: () => f32x4.add(1, 0) };

export const simdActivations: Readonly<Record<string, SimdActivation>> = {
  // + 0 makes 0 of −0
  relu: { shader: "relu", f: (_, x) => add(math.positive(x), 0), df: (_, y) => v128.bitselect(1, y, f32x4.gt(y, 0)) },
  leakyRelu: {
    shader: "leaky_relu",
    f: (_, x, a) => v128.bitselect(x, mul(x, a), f32x4.gt(x, 0)),
    df: (_, y, a) => math.orNan(v128.bitselect(1, a, f32x4.gt(y, 0)), y),
  },
  elu: {
    shader: "elu",
    f: (body, x, a) => v128.bitselect(x, mul(math.expm1(body, x), a), f32x4.gt(x, 0)),
    df: (_, y, a) => v128.bitselect(1, add(y, a), f32x4.gt(y, 0)),
  },
  tanh: { shader: "tanh", f: (body, x) => math.tanh(body, x), df: (_, y) => mul(f32x4.sub(1, y), add(y, 1)) },
  sigmoid: {
    shader: "sigmoid",
    f: (body, x) => math.logistic(body, x),
    df: (body, x) => mul(...math.logistics(body, x)),
  },
  softplus: {
    shader: "softplus",
    f: (body, x) => math.softplus(body, x),
    df: (body, y) => f32x4.neg(math.expm1(body, body.local(f32x4.neg(y)))),
  },
  gelu: {
    shader: "gelu",
    f: (body, x) => mul(x, math.normalCdf(body, x)),
    df: (body, x) => add(math.normalCdf(body, x), mul(x, math.normalPdf(body, x))),
  },
  silu: {
    shader: "silu",
    f: (body, x) => mul(x, math.logistic(body, x)),
    df(body, x) {
      const [y, rest] = math.logistics(body, x);
      return mul(y, add(mul(x, rest), 1));
    },
  },
};
