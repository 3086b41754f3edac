/** Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2), as one launch over the flat parameters. */
import { AT_LEAST_ZERO, type Checks, POSITIVE } from "../check.ts";
import { type Arguments, foldedGrid, type Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { checkOptimizer, DECAY, FlatOptimizer, type Rule } from "./optimizer.ts";
import type { Parameters } from "./parameters.ts";

type AdamParams = {
  n: number;
  beta1: number;
  one_minus_beta1: number;
  beta2: number;
  one_minus_beta2: number;
  epsilon: number;
  weight_decay: number;
  step_size: number;
  correction: number;
  decay: number;
};

/**
 * g += weightDecay·p; m = beta1·m + (1−beta1)·g; v = beta2·v + (1−beta2)·g²; p −= decay·p + stepSize·m / (√v·correction + epsilon). Adam has
 * decay 0, AdamW has weightDecay 0.
 */
export const adamKernel: Kernel<AdamParams> = {
  name: "adam",
  wgsl: shaders.adam,
  inputs: ["f32"],
  outputs: ["f32", "f32", "f32"],
  params: {
    n: "u32",
    beta1: "f32",
    one_minus_beta1: "f32",
    beta2: "f32",
    one_minus_beta2: "f32",
    epsilon: "f32",
    weight_decay: "f32",
    step_size: "step.f32",
    correction: "step.f32",
    decay: "step.f32",
  },
  grid: ({ n }) => foldedGrid(Math.ceil(n / 1024)),
  cpu([gradient], [value, m, v], c) {
    for (let i = 0; i < c.n; i++) {
      const p = value![i]!;
      const g = gradient![i]! + c.weight_decay * p;
      const first = c.beta1 * m![i]! + c.one_minus_beta1 * g;
      const second = c.beta2 * v![i]! + c.one_minus_beta2 * g * g;
      m![i] = first;
      v![i] = second;
      value![i] = p - (c.decay * p + (c.step_size * first) / (Math.sqrt(second) * c.correction + c.epsilon));
    }
  },
  cost: ({ n }) => ({ flops: 17 * n, bytes: 28 * n }),
};

/** The numbers of Adam and AdamW. */
export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Added to √v̂ after the bias correction, as in PyTorch; default 1e-8. */
  readonly epsilon?: number;
  /** Adam adds weightDecay·p to the gradient (L2; default 0), AdamW takes learningRate·weightDecay·p from p itself (default 0.01). */
  readonly weightDecay?: number;
}

/** What changes from step to step: stepSize = learningRate/(1 − beta1^t), correction = 1/√(1 − beta2^t). */
type AdamWord = "stepSize" | "correction";

const OPTIONS: Checks<keyof AdamOptions> = {
  learningRate: POSITIVE,
  beta1: DECAY,
  beta2: DECAY,
  epsilon: POSITIVE,
  weightDecay: AT_LEAST_ZERO,
};

function adamRule(name: string, options: AdamOptions): Rule<AdamWord> {
  checkOptimizer(name, options, OPTIONS);
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options;
  const fixed = { beta1, one_minus_beta1: 1 - beta1, beta2, one_minus_beta2: 1 - beta2, epsilon, weight_decay: weightDecay };
  return {
    name,
    states: ["m", "v"],
    learningRate,
    options: { beta1, beta2, epsilon, weightDecay },
    kernel: adamKernel,
    // in f32, 1 − 0.999 would be off by 1e-5
    at: (t, rate) => ({ stepSize: rate / (1 - beta1 ** t), correction: 1 / Math.sqrt(1 - beta2 ** t) }),
    params: ({ stepSize, correction }): Omit<Arguments<AdamParams>, "n"> => ({ ...fixed, step_size: stepSize, correction, decay: 0 }),
  };
}

/** Adam, whose weights decay by themselves: decay = learningRate·weightDecay. */
function adamWRule(options: AdamOptions): Rule<AdamWord | "decay"> {
  checkOptimizer("adamW", options, OPTIONS);
  const { weightDecay = 0.01, ...others } = options;
  const { params, at, ...rule } = adamRule("adamW", others);
  return {
    ...rule,
    options: { ...rule.options, weightDecay },
    at: (t, rate) => ({ ...at(t, rate), decay: rate * weightDecay }),
    params: (scalars) => ({ ...params(scalars), decay: scalars.decay }),
  };
}

/** p −= learningRate·m̂/(√v̂ + epsilon), m̂ and v̂ the corrected moving averages of g and g² (Kingma and Ba 2015, algorithm 1). */
export function adam(options: AdamOptions = {}): (parameters: Parameters) => FlatOptimizer<AdamWord> {
  const rule = adamRule("adam", options);
  return (parameters) => new FlatOptimizer(parameters, rule);
}

/** p −= learningRate·(m̂/(√v̂ + epsilon) + weightDecay·p) (Loshchilov and Hutter 2019, algorithm 2). */
export function adamW(options: AdamOptions = {}): (parameters: Parameters) => FlatOptimizer<AdamWord | "decay"> {
  const rule = adamWRule(options);
  return (parameters) => new FlatOptimizer(parameters, rule);
}

/** p −= learningRate·m̂/(√v̂ + epsilon), for a training loop of one's own: `step()` after each `grad(…, { into: parameters.gradients })`. */
export class Adam extends FlatOptimizer<AdamWord> {
  constructor(parameters: Parameters, options: AdamOptions = {}) {
    super(parameters, adamRule("adam", options));
  }
}
