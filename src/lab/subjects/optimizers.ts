/** Optimizers and clipping, over flat parameters. */
import { adamKernel } from "../../nn/adam.ts";
import { blockNormsKernel, clipByNormKernel, clipByValueKernel } from "../../nn/clip.ts";
import { rmspropKernel } from "../../nn/rmsprop.ts";
import { sgdKernel } from "../../nn/sgd.ts";
import type { Subject } from "./subject.ts";
import { subject } from "./subject_of.ts";

/** The parameters of a VAE 784-400-20. */
const n = 652_824;
const lengths = [{ n: 1 }, { n: 255 }, { n: 256 }, { n: 257 }, { n: 1009 }];

const adam = subject(adamKernel, {
  sizes: { n },
  edges: [{ n: 1 }, { n: 1023 }, { n: 1024 }, { n: 1025 }, { n: 5003 }],
  operands: ({ n }, draw) => ({
    inputs: [draw.normals(n)],
    outputs: [draw.normals(n), draw.normals(n, 0.1), draw.uniforms(n, 1e-6, 0.1)],
    params: {
      n,
      beta1: 0.9,
      one_minus_beta1: 1 - 0.9,
      beta2: 0.999,
      one_minus_beta2: 1 - 0.999,
      epsilon: 1e-8,
      weight_decay: 0.01,
      step_size: 0.01,
      correction: 1.5,
      decay: 1e-4,
    },
  }),
  terms: () => 4,
});

const sgd = subject(sgdKernel, {
  sizes: { n, MOMENTUM: 1, NESTEROV: 0 },
  edges: [{ n: 255 }, { n: 256, MOMENTUM: 0 }, { n: 257, NESTEROV: 1 }],
  operands: ({ n, MOMENTUM, NESTEROV }, draw) => ({
    inputs: [draw.normals(n)],
    outputs: [draw.normals(n), MOMENTUM ? draw.normals(n) : null],
    params: { n, momentum: 0.9, weight_decay: 0.01, learning_rate: 0.1 },
    constants: { MOMENTUM: MOMENTUM === 1, NESTEROV: NESTEROV === 1 },
  }),
  terms: () => 4,
});

const rmsprop = subject(rmspropKernel, {
  sizes: { n },
  edges: lengths,
  operands: ({ n }, draw) => ({
    inputs: [draw.normals(n)],
    outputs: [draw.normals(n), draw.uniforms(n, 1e-6, 0.1)],
    params: { n, alpha: 0.99, one_minus_alpha: 1 - 0.99, epsilon: 1e-8, weight_decay: 0.01, learning_rate: 0.01 },
  }),
  terms: () => 4,
});

const blockNorms = subject(blockNormsKernel, {
  sizes: { n, block: 4096 },
  edges: [
    { n: 1, block: 1 },
    { n: 1009, block: 256 },
    { n: 4097, block: 4096 },
  ],
  operands: ({ n, block }, draw) => ({ inputs: [draw.normals(n)], outputs: [Math.ceil(n / block)], params: { n, block } }),
  terms: ({ block }) => block,
});

const clipByNorm = subject(clipByNormKernel, {
  sizes: { n, block: 4096 },
  edges: [
    { n: 1, block: 1 },
    { n: 1009, block: 256 },
    { n: 4097, block: 4096 },
  ],
  operands({ n, block }, draw) {
    const blocks = Math.ceil(n / block);
    return { inputs: [draw.uniforms(blocks, 1, 10)], outputs: [draw.normals(n)], params: { n, block, blocks, max_norm: 0.5 } };
  },
  terms: ({ n, block }) => Math.ceil(n / block),
});

const clipByValue = subject(clipByValueKernel, {
  sizes: { n },
  edges: lengths,
  operands: ({ n }, draw) => ({ inputs: [], outputs: [draw.normals(n)], params: { n, limit: 0.5 } }),
});

export const optimizers: readonly Subject[] = [adam, sgd, rmsprop, blockNorms, clipByNorm, clipByValue];
