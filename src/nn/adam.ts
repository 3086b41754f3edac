/** Adam (Kingma and Ba 2015, algorithm 1), as one launch over the flat parameters. */
import { type Kernel, linearGrid, type Scalar } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import type { Parameters } from "./parameters.ts";

type AdamParams = {
  n: number;
  beta1: number;
  one_minus_beta1: number;
  beta2: number;
  one_minus_beta2: number;
  epsilon: number;
  step_size: number;
  correction: number;
};

/** m = beta1·m + (1−beta1)·g; v = beta2·v + (1−beta2)·g²; p −= stepSize·m / (√v·correction + epsilon). */
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
    step_size: "step.f32",
    correction: "step.f32",
  },
  grid: ({ n }) => linearGrid(n),
  cpu([gradient], [value, m, v], p) {
    for (let i = 0; i < p.n; i++) {
      const g = gradient![i]!;
      const first = p.beta1 * m![i]! + p.one_minus_beta1 * g;
      const second = p.beta2 * v![i]! + p.one_minus_beta2 * g * g;
      m![i] = first;
      v![i] = second;
      value![i]! -= (p.step_size * first) / (Math.sqrt(second) * p.correction + p.epsilon);
    }
  },
  cost: ({ n }) => ({ flops: 13 * n, bytes: 28 * n }),
};

export interface AdamOptions {
  readonly learningRate?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  /** Added to √v̂ after the bias correction, as in PyTorch. */
  readonly epsilon?: number;
}

/** What changes from step to step: stepSize = learningRate/(1 − beta1^t), correction = 1/√(1 − beta2^t). */
export interface AdamStep {
  readonly stepSize: Scalar;
  readonly correction: Scalar;
}

export class Adam {
  readonly learningRate: number;
  readonly #parameters: Parameters;
  readonly #beta1: number;
  readonly #beta2: number;
  readonly #epsilon: number;
  #steps = 0;

  constructor(parameters: Parameters, options: AdamOptions = {}) {
    const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
    for (const [name, beta] of Object.entries({ beta1, beta2 })) {
      if (!(beta >= 0 && beta < 1)) throw new RangeError(`adam: ${name} lies in [0, 1), got ${beta}`);
    }
    for (const [name, rate] of Object.entries({ learningRate, epsilon })) {
      if (!(rate > 0 && rate < Infinity)) throw new RangeError(`adam: ${name} is a positive number, got ${rate}`);
    }
    this.#parameters = parameters;
    this.learningRate = learningRate;
    this.#beta1 = beta1;
    this.#beta2 = beta2;
    this.#epsilon = epsilon;
    parameters.state("m");
    parameters.state("v");
  }

  /** The numbers of step t = 1, 2, …, computed in f64: in f32, 1 − 0.999 would be off by 1e-5. */
  at(t: number, learningRate: number = this.learningRate): { readonly stepSize: number; readonly correction: number } {
    return { stepSize: learningRate / (1 - this.#beta1 ** t), correction: 1 / Math.sqrt(1 - this.#beta2 ** t) };
  }

  /** Updates the parameters from their flat gradient. */
  update({ stepSize, correction }: AdamStep): void {
    const { device, gradient, value, length } = this.#parameters;
    device.run(adamKernel, [gradient], [value, this.#parameters.state("m"), this.#parameters.state("v")], {
      n: length,
      beta1: this.#beta1,
      one_minus_beta1: 1 - this.#beta1,
      beta2: this.#beta2,
      one_minus_beta2: 1 - this.#beta2,
      epsilon: this.#epsilon,
      step_size: stepSize,
      correction,
    });
  }

  /** The next step, for a training loop of one's own: after `grad(…, { into: parameters.gradients })`. */
  step(): void {
    this.update(this.at(++this.#steps));
  }
}
