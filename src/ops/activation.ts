/** Activations: functions of the unary table that dense kernels apply while storing, and whose derivative their gradients apply while loading. */
import type { Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { type ActivationName, activations, type Unary } from "./unary_table.ts";

export interface Activation {
  readonly f: ActivationName;
  readonly unary: Unary;
  /** The function's constant: leakyRelu's slope, elu's alpha. */
  readonly a: number;
}

/** The activation of a name; throws for an unknown one. */
export function activation(op: string, f: ActivationName): Activation {
  if (!Object.hasOwn(activations, f)) {
    throw new RangeError(`${op}: the activations are ${Object.keys(activations).join(", ")}, got "${String(f)}"`);
  }
  const { unary, a } = activations[f];
  return { f, unary, a };
}

/** A dense shader with the activation's f and df in place of the identity's. */
export function withFunction(shader: Shader, { unary }: Activation): Shader {
  const functions = { ...unary.wgsl, uses: unary.wgsl.uses.filter((used) => used !== shaders.libUnary) };
  return { ...shader, uses: shader.uses.map((used) => (used === shaders.libIdentity ? functions : used)) };
}
