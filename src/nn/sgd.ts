/** Stochastic gradient descent with momentum (Sutskever et al. 2013), by PyTorch's rule, as one launch over the flat parameters. */
import { AT_LEAST_ZERO, type Checks, FLAG, POSITIVE } from "../check.ts";
import { type Arguments, type Kernel, linearGrid } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { checkOptimizer, DECAY, FlatOptimizer, type Rule } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";

type SgdParams = { n: number; momentum: number; weight_decay: number; learning_rate: number };

/** g += weightDecay·p; m = momentum·m + g; p −= learningRate·d, d = g + momentum·m (NESTEROV), m (MOMENTUM) or g. */
export const sgdKernel: Kernel<SgdParams> = {
  name: "sgd",
  wgsl: shaders.sgd,
  inputs: ["f32"],
  outputs: ["f32", "f32?"],
  params: { n: "u32", momentum: "f32", weight_decay: "f32", learning_rate: "step.f32" },
  constants: { MOMENTUM: false, NESTEROV: false },
  grid: ({ n }) => linearGrid(n),
  cpu([gradient], [value, m], { n, momentum, weight_decay, learning_rate }, { MOMENTUM, NESTEROV }) {
    for (let i = 0; i < n; i++) {
      const g = gradient![i]! + weight_decay * value![i]!;
      let direction = g;
      if (MOMENTUM) {
        const velocity = momentum * m![i]! + g;
        m![i] = velocity;
        direction = NESTEROV ? g + momentum * velocity : velocity;
      }
      value![i]! -= learning_rate * direction;
    }
  },
  cost: ({ n }) => ({ flops: 8 * n, bytes: 20 * n }),
};

/** The numbers of stochastic gradient descent. */
export interface SgdOptions {
  /** Default 0.01. */
  readonly learningRate?: number;
  /** The part of the last step that is taken again; default 0. */
  readonly momentum?: number;
  /** Looks ahead by the momentum; default false. */
  readonly nesterov?: boolean;
  /** Adds weightDecay·p to the gradient (L2); default 0. */
  readonly weightDecay?: number;
}

const OPTIONS: Checks<keyof SgdOptions> = { learningRate: POSITIVE, momentum: DECAY, nesterov: FLAG, weightDecay: AT_LEAST_ZERO };

function sgdRule(options: SgdOptions): Rule<"learningRate"> {
  checkOptimizer("sgd", options, OPTIONS);
  const { learningRate = 1e-2, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  if (nesterov && momentum === 0) throw new RangeError("sgd: nesterov looks ahead by the momentum, got momentum 0 (set it, for example to 0.9)");
  return {
    name: "sgd",
    states: momentum > 0 ? ["m"] : [],
    learningRate,
    options: { momentum, nesterov, weightDecay },
    kernel: sgdKernel,
    constants: { MOMENTUM: momentum > 0, NESTEROV: nesterov },
    at: (_, rate) => ({ learningRate: rate }),
    params: (scalars): Omit<Arguments<SgdParams>, "n"> => ({ momentum, weight_decay: weightDecay, learning_rate: scalars.learningRate }),
  };
}

/** p −= learningRate·m, m = momentum·m + g; with `nesterov` p −= learningRate·(g + momentum·m) (Sutskever et al. 2013, as PyTorch has it). */
export function sgd(options: SgdOptions = {}): (parameters: Parameters) => FlatOptimizer<"learningRate"> {
  const rule = sgdRule(options);
  return (parameters) => new FlatOptimizer(parameters, rule);
}
