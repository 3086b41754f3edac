/** The kernels that have a SIMD form, by name: a short, closed list. All others run their specification. */
import { binaryKernels } from "./binary.ts";
import { denseKernels, matmul } from "./dense.ts";
import { accumulate, fill } from "./flat.ts";
import { heads, headsDenseGrad, headsGrad } from "./heads.ts";
import { mixedNll } from "./mixed.ts";
import { denseBernoulliNll, denseGaussianNll } from "./nll.ts";
import { gatherRows, rowsToTensor, stridedCopy } from "./copy.ts";
import { adam, clipByNorm, clipByValue, rmsprop, sgd } from "./optimizers.ts";
import { binarise, normal, randomBits, uniform } from "./random.ts";
import { blockNorms, elboSums, reduceMax, reduceSum } from "./reduce.ts";
import { unaryKernels } from "./unary.ts";
import type { SimdKernels } from "./kernel.ts";

export const simdKernels: SimdKernels = {
  fill,
  accumulate,
  adam,
  sgd,
  rmsprop,
  clip_by_norm: clipByNorm,
  clip_by_value: clipByValue,
  matmul,
  ...denseKernels,
  ...unaryKernels,
  ...binaryKernels,
  heads,
  heads_grad: headsGrad,
  heads_dense_grad: headsDenseGrad,
  dense_bernoulli_nll: denseBernoulliNll,
  dense_gaussian_nll: denseGaussianNll,
  mixed_nll: mixedNll,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  block_norms: blockNorms,
  elbo_sums: elboSums,
  random_bits: randomBits,
  uniform,
  normal,
  binarise,
  gather_rows: gatherRows,
  rows_to_tensor: rowsToTensor,
  strided_copy: stridedCopy,
};
