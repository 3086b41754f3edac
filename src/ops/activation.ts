/** Activations: functions that dense kernels apply while storing, and whose derivative their gradients apply while loading. */
import type { Shader } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import * as activationOps from "./activation_table.ts";
import type { Unary } from "./unary_op.ts";

/** What a dense layer may apply to its sums, by name: nothing, or an op of src/ops/activation_table.ts: relu, tanh, gelu … */
export type ActivationName = "identity" | keyof typeof activationOps;

const identity: Unary = {
  name: "identity",
  wgsl: shaders.libIdentity,
  needs: "y",
  f: (x) => x,
  df: () => 1,
};

/** The activations by name. */
export const activations: Readonly<Record<ActivationName, Unary>> = Object.fromEntries(
  [identity, ...Object.values(activationOps).map(({ row }) => row)].map((row) => [row.name, row]),
) as Record<ActivationName, Unary>;

/** Their names: the identity, then the others in the order of the alphabet. */
export const activationNames: readonly ActivationName[] = ["identity", ...(Object.keys(activationOps) as (keyof typeof activationOps)[]).sort()];

export interface Activation {
  readonly f: ActivationName;
  readonly unary: Unary;
  /** The function's constant: leakyRelu's slope, elu's alpha. */
  readonly a: number;
}

/** The activation of a name; throws for an unknown one. */
export function activation(op: string, f: ActivationName): Activation {
  if (!Object.hasOwn(activations, f)) throw new RangeError(`${op}: the activations are ${activationNames.join(", ")}, got "${String(f)}"`);
  const unary = activations[f];
  return { f, unary, a: unary.a ?? 0 };
}

/** A dense shader with the activation's f and df in place of the identity's. */
export function withFunction(shader: Shader, { unary }: Activation): Shader {
  const functions = { ...unary.wgsl, uses: unary.wgsl.uses.filter((used) => used !== shaders.libUnary) };
  return { ...shader, uses: shader.uses.map((used) => (used === shaders.libIdentity ? functions : used)) };
}
