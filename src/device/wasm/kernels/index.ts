/** The kernels that have a SIMD form, by name: a short, closed list. All others run their specification. */
import { denseKernels, matmul } from "./dense.ts";
import { accumulate, adam, fill } from "./flat.ts";
import { heads, headsGrad } from "./heads.ts";
import { denseBernoulliNll, denseGaussianNll } from "./nll.ts";
import type { SimdKernels } from "./kernel.ts";

export const simdKernels: SimdKernels = {
  fill,
  accumulate,
  adam,
  matmul,
  ...denseKernels,
  heads,
  heads_grad: headsGrad,
  dense_bernoulli_nll: denseBernoulliNll,
  dense_gaussian_nll: denseGaussianNll,
};
