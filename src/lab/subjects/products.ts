/** The matrix product, all transposes. */
import { matmulKernel } from "../../ops/matmul.ts";
import type { Subject } from "./subject.ts";
import { subject } from "./subject_of.ts";

const matmul = subject(matmulKernel, {
  sizes: { M: 128, N: 400, K: 784, transposeA: 0, transposeB: 0, accumulate: 0 },
  edges: [
    { M: 1, N: 1, K: 1 },
    { M: 1, N: 130, K: 37 },
    { M: 130, N: 1, K: 5, accumulate: 1 },
    { M: 15, N: 33, K: 31, transposeA: 1 },
    { M: 17, N: 31, K: 32, transposeB: 1 },
    { M: 16, N: 127, K: 33, transposeA: 1, transposeB: 1 },
    { M: 65, N: 129, K: 66, accumulate: 1 },
    { M: 64, N: 128, K: 64 },
    { M: 3, N: 5, K: 4099 }, // more than one block of terms
    { M: 4033, N: 2, K: 3 }, // enough tiles for the larger ones of hardware
  ],
  operands({ M, N, K, transposeA, transposeB, accumulate }, draw) {
    const [a_m, a_k] = transposeA ? [1, M] : [K, 1];
    const [b_k, b_n] = transposeB ? [1, K] : [N, 1];
    return {
      inputs: [draw.normals(M * K), draw.normals(K * N)],
      outputs: [accumulate ? draw.normals(M * N) : M * N],
      params: { M, N, K, a_m, a_k, b_k, b_n, accumulate },
    };
  },
  terms: ({ K }) => K + 1,
});

export const products: readonly Subject[] = [matmul];
