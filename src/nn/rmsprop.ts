/** RMSprop (Hinton 2012, lecture 6e), by PyTorch's rule, as one launch over the flat parameters. */
import { AT_LEAST_ZERO, type Checks, POSITIVE } from "../check.ts";
import { type Arguments, type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { checkOptimizer, DECAY, FlatOptimizer, type Rule } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";

type RmspropParams = { n: number; alpha: number; one_minus_alpha: number; epsilon: number; weight_decay: number; learning_rate: number };

/** g += weightDecay·p; v = alpha·v + (1−alpha)·g²; p −= learningRate·g / (√v + epsilon). */
export const rmspropKernel: Kernel<RmspropParams> = {
  name: "rmsprop",
  wgsl: shaders.rmsprop,
  inputs: ["f32"],
  outputs: ["f32", "f32"],
  params: { n: "u32", alpha: "f32", one_minus_alpha: "f32", epsilon: "f32", weight_decay: "f32", learning_rate: "step.f32" },
  grid: ({ n }) => linearGrid(n),
  cpu([gradient], [value, v], { n, alpha, one_minus_alpha, epsilon, weight_decay, learning_rate }) {
    for (let i = 0; i < n; i++) {
      const g = gradient![i]! + weight_decay * value![i]!;
      const second = alpha * v![i]! + one_minus_alpha * g * g;
      v![i] = second;
      value![i]! -= (learning_rate * g) / (Math.sqrt(second) + epsilon);
    }
  },
  cost: ({ n }) => ({ flops: 11 * n, bytes: 20 * n }),
};

/** The numbers of RMSprop. */
export interface RmspropOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** The part of the moving average of g² that stays; default 0.99. */
  readonly alpha?: number;
  /** Added to √v; default 1e-8. */
  readonly epsilon?: number;
  /** Adds weightDecay·p to the gradient (L2); default 0. */
  readonly weightDecay?: number;
}

const OPTIONS: Checks<keyof RmspropOptions> = { learningRate: POSITIVE, alpha: DECAY, epsilon: POSITIVE, weightDecay: AT_LEAST_ZERO };

function rmspropRule(options: RmspropOptions): Rule<"learningRate"> {
  checkOptimizer("rmsprop", options, OPTIONS);
  const { learningRate = 1e-2, alpha = 0.99, epsilon = 1e-8, weightDecay = 0 } = options;
  const fixed = { alpha, one_minus_alpha: 1 - alpha, epsilon, weight_decay: weightDecay };
  return {
    name: "rmsprop",
    states: ["v"],
    learningRate,
    options: { alpha, epsilon, weightDecay },
    kernel: rmspropKernel,
    at: (_, rate) => ({ learningRate: rate }),
    params: (scalars): Omit<Arguments<RmspropParams>, "n"> => ({ ...fixed, learning_rate: scalars.learningRate }),
  };
}

/** p −= learningRate·g/(√v + epsilon), v = alpha·v + (1−alpha)·g² (Hinton 2012, lecture 6e, as PyTorch has it). */
export function rmsprop(options: RmspropOptions = {}): (parameters: Parameters) => FlatOptimizer<"learningRate"> {
  const rule = rmspropRule(options);
  return (parameters) => new FlatOptimizer(parameters, rule);
}
