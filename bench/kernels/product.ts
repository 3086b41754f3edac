/** C [M,N] = A [M,K] · B [K,N]: what the ladders of products are made of. */
import type { Kernel } from "elbograd";
import type { Sizes, Subject } from "elbograd/lab";
import { productFlops } from "../shapes.ts";
import { wholeNumbers } from "./rung.ts";

export type ProductParams = { readonly M: number; readonly N: number; readonly K: number };

type Loop = Kernel<ProductParams>["cpu"];

/** C[m,n] = Σk A[m,k]·B[k,n]: the specification of every product here. */
export const specification: Loop = ([a, b], [c], { M, N, K }) => {
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a![m * K + k]! * b![k * N + n]!;
      c![m * N + n] = sum;
    }
  }
};

/** A kernel whose workgroups cover C with tiles of so many rows and columns. */
export function productKernel(
  kernel: Pick<Kernel, "name" | "wgsl"> & { readonly tile: readonly [number, number]; readonly cpu?: Loop },
): Kernel<ProductParams> {
  const { name, wgsl, tile, cpu = specification } = kernel;
  const [rows, columns] = tile;
  return {
    name,
    wgsl,
    inputs: ["f32", "f32"],
    outputs: ["f32"],
    params: { M: "u32", N: "u32", K: "u32" },
    grid: ({ M, N }) => [Math.ceil(N / columns), Math.ceil(M / rows)],
    cpu,
    cost: (sizes) => ({ flops: productFlops(sizes), bytes: 4 * (sizes.M * sizes.K + sizes.K * sizes.N + sizes.M * sizes.N) }),
  };
}

/** One, a tile of 16, 64 or 128 and its neighbours, primes; rows that are whole vec4s, and rows that are not. */
const EDGES: readonly (readonly [M: number, N: number, K: number])[] = [
  [1, 1, 1],
  [1, 17, 33],
  [15, 16, 17],
  [16, 15, 31],
  [17, 33, 200],
  [31, 65, 15],
  [33, 1, 65],
  [64, 64, 16],
  [65, 31, 64],
  [67, 127, 101],
  [66, 132, 36],
];

/** A product's operands: A and B by the key, C unwritten. */
export function productSubject<P extends ProductParams>(kernel: Kernel<P>, params: (sizes: ProductParams) => P): Subject<P> {
  return {
    kernel,
    sizes: { M: 512, N: 512, K: 512 },
    edges: EDGES.map(([M, N, K]) => ({ M, N, K })),
    operands(sizes, key) {
      const { M, N, K } = checked(sizes);
      return { inputs: [wholeNumbers(M * K, key.fold(0)), wholeNumbers(K * N, key.fold(1))], outputs: [M * N], params: params({ M, N, K }) };
    },
    oracle({ inputs, outputs: [length], params }) {
      const c = new Float64Array(length as number);
      specification(inputs as Float64Array[], [c], params, {});
      return [c];
    },
    terms: ({ K = 1 }) => K,
  };
}

function checked({ M = 0, N = 0, K = 0 }: Sizes): ProductParams {
  for (const n of [M, N, K])
    if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`ladder: a product has sizes M, N and K of at least 1, got ${M}, ${N}, ${K}`);
  return { M, N, K };
}
