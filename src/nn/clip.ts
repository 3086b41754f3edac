/** Clipping of the flat gradient, between `grad` and an optimizer's update. Nothing is read back, so a captured step can do it. */
import { type Check, checkValue, POSITIVE, scalar } from "../check.ts";
import { type Kernel, linearGrid, type Scalar, type TypedArray } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { type Parameters, PARAMETERS } from "./parameters.ts";

/** Elements of a block are summed by one workgroup; the norms of all blocks by one workgroup again, so there are at most as many as it has lanes. */
const BLOCK = 4096;
const MOST_BLOCKS = 256;

type BlockNormsParams = { n: number; block: number };

/** y[j] = √(Σ x[i]²), i in block j of `block` elements. */
export const blockNormsKernel: Kernel<BlockNormsParams> = {
  name: "block_norms",
  wgsl: shaders.blockNorms,
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32", block: "u32" },
  grid: ({ n, block }) => [Math.ceil(n / block)],
  cpu([x], [y], { n, block }) {
    for (let j = 0; j * block < n; j++) y![j] = norm(x!, j * block, Math.min((j + 1) * block, n));
  },
  cost: ({ n }) => ({ flops: 4 * n, bytes: 4 * n }),
};

type ClipByNormParams = { n: number; block: number; blocks: number; max_norm: number };

/** g[i] *= min(1, maxNorm/(√(Σj x[j]²) + 1e-6)), x the norms of the blocks of g; zeros stay zero. */
export const clipByNormKernel: Kernel<ClipByNormParams> = {
  name: "clip_by_norm",
  wgsl: shaders.clipByNorm,
  inputs: ["f32"],
  outputs: ["f32"],
  params: { n: "u32", block: "u32", blocks: "u32", max_norm: "step.f32" },
  grid: ({ blocks }) => [blocks],
  cpu([x], [g], { n, blocks, max_norm }) {
    const factor = max_norm / (norm(x!, 0, blocks) + 1e-6);
    if (factor >= 1) return;
    // zeros stay zero also where the factor is NaN, so that the padding stays clean
    for (let i = 0; i < n; i++) if (g![i] !== 0) g![i]! *= factor;
  },
  cost: ({ n }) => ({ flops: n, bytes: 8 * n }),
};

/** √(Σ x[i]²), begin ≤ i < end. */
function norm(x: TypedArray, begin: number, end: number): number {
  let sum = 0;
  for (let i = begin; i < end; i++) sum += x[i]! ** 2;
  return Math.sqrt(sum);
}

/** g[i] = min(max(g[i], −limit), limit); NaN stays NaN. */
export const clipByValueKernel: Kernel<{ n: number; limit: number }> = {
  name: "clip_by_value",
  wgsl: shaders.clipByValue,
  inputs: [],
  outputs: ["f32"],
  params: { n: "u32", limit: "step.f32" },
  grid: ({ n }) => linearGrid(n),
  cpu(_, [g], { n, limit }) {
    for (let i = 0; i < n; i++) if (Math.abs(g![i]!) > limit) g![i] = Math.sign(g![i]!) * limit;
  },
  cost: ({ n }) => ({ flops: 2 * n, bytes: 8 * n }),
};

/**
 * gradient *= min(1, maxNorm/(‖gradient‖ + 1e-6)), ‖·‖ the L2 norm over all parameters (Pascanu et al. 2013, algorithm 1; PyTorch's
 * clip_grad_norm_). A gradient that is not finite does not become so.
 */
export function clipByNorm(parameters: Parameters, maxNorm: Scalar): void {
  checkLimit("clipByNorm", parameters, "maxNorm", maxNorm);
  const { device, gradient, length: n } = parameters;
  const block = Math.max(BLOCK, Math.ceil(n / MOST_BLOCKS));
  const blocks = Math.ceil(n / block);
  device.scope(() => {
    const norms = device.alloc("f32", blocks);
    device.run(blockNormsKernel, [gradient], [norms], { n, block });
    device.run(clipByNormKernel, [norms], [gradient], { n, block, blocks, max_norm: maxNorm });
  });
}

/** gradient[i] = min(max(gradient[i], −limit), limit); NaN stays NaN. */
export function clipByValue(parameters: Parameters, limit: Scalar): void {
  checkLimit("clipByValue", parameters, "limit", limit);
  const { device, gradient, length: n } = parameters;
  device.run(clipByValueKernel, [], [gradient], { n, limit });
}

const LIMIT: Check = scalar(POSITIVE);

function checkLimit(op: string, parameters: Parameters, name: string, limit: Scalar): void {
  checkValue(op, "parameters", parameters, PARAMETERS);
  checkValue(op, name, limit, LIMIT);
}
