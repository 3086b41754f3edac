/** The matrix product. */
import { checkOptions, type Checks, FLAG } from "../check.ts";
import { anyTracked, type Destination, record } from "../autodiff.ts";
import type { Kernel } from "../kernel.ts";
import * as shaders from "../shaders.ts";
import { show } from "../shape.ts";
import { check, empty, type Tensor } from "../tensor.ts";
import { gemm, strided } from "./gemm.ts";

type MatmulParams = { M: number; N: number; K: number; a_m: number; a_k: number; b_k: number; b_n: number; accumulate: number };

/** C[m,n] (+)= Σk A[m,k]·B[k,n], each operand at its own strides. */
export const matmulKernel: Kernel<MatmulParams> = {
  name: "matmul",
  wgsl: shaders.matmul,
  inputs: ["f32", "f32"],
  outputs: ["f32"],
  params: { M: "u32", N: "u32", K: "u32", a_m: "u32", a_k: "u32", b_k: "u32", b_n: "u32", accumulate: "u32" },
  grid: ({ M, N }) => [M, N],
  cpu([a, b], [c], { M, N, K, a_m, a_k, b_k, b_n, accumulate }) {
    gemm(M, N, K, strided(a!, a_m, a_k, K), strided(b!, b_n, b_k, K), (m, row) => {
      const at = m * N;
      if (accumulate) for (let n = 0; n < N; n++) c![at + n]! += row[n]!;
      else c!.set(row, at);
    });
  },
  cost: ({ M, N, K }) => ({ flops: 2 * M * N * K, bytes: 4 * (M * K + K * N + M * N) }),
};

/** Which operands are stored transposed. */
export interface MatmulOptions {
  /** Multiply by the transpose of a, stored [K, M]. */
  readonly transposeA?: boolean;
  /** Multiply by the transpose of b, stored [N, K]. */
  readonly transposeB?: boolean;
}

const OPTIONS: Checks<keyof MatmulOptions> = { transposeA: FLAG, transposeB: FLAG };

/** c[m,n] = Σk a[m,k]·b[k,n], a [M,K], b [K,N] → [M,N]; with a flag that operand is stored transposed. */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const device = check("matmul", { a, b });
  checkOptions("matmul", options, OPTIONS);
  const { transposeA = false, transposeB = false } = options;
  const [M, N] = checkShapes(a, b, transposeA, transposeB);
  const c = empty(device, [M, N], "f32", { tracked: anyTracked(a, b) });
  product(a, transposeA, b, transposeB, { target: c, accumulate: 0 });
  record([c], [a, b], ([dc], [wantA, wantB]) => {
    if (wantA) {
      if (transposeA) product(b, transposeB, dc!, true, wantA.write());
      else product(dc!, false, b, !transposeB, wantA.write());
    }
    if (wantB) {
      if (transposeB) product(dc!, true, a, transposeA, wantB.write());
      else product(a, !transposeA, dc!, false, wantB.write());
    }
  });
  return c;
}

/** c (+)= a·b; the shapes are known to fit. */
function product(a: Tensor, transposeA: boolean, b: Tensor, transposeB: boolean, { target, accumulate }: Destination): void {
  const [rows, columns] = a.shape as readonly [number, number];
  const K = transposeA ? rows : columns;
  const [M, N] = target.shape as readonly [number, number];
  const [a_m, a_k] = transposeA ? [1, M] : [K, 1];
  const [b_k, b_n] = transposeB ? [1, K] : [N, 1];
  target.device.run(matmulKernel, [a.slice, b.slice], [target.slice], { M, N, K, a_m, a_k, b_k, b_n, accumulate });
}

function checkShapes(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): readonly [M: number, N: number] {
  if (a.shape.length !== 2 || b.shape.length !== 2) {
    throw new RangeError(`matmul: operands have rank 2, a is ${show(a.shape)} and b is ${show(b.shape)} (reshape them)`);
  }
  const [M, K] = transposeA ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
  const [inner, N] = transposeB ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
  if (K === inner) return [M, N];
  const flags = [transposeA ? " transposed" : "", transposeB ? " transposed" : ""];
  const advice =
    N === K ? ` (transpose b with { transposeB: ${!transposeB} })` : M === inner ? ` (transpose a with { transposeA: ${!transposeA} })` : "";
  throw new RangeError(`matmul: inner dimensions differ, a is ${show(a.shape)}${flags[0]} and b is ${show(b.shape)}${flags[1]}${advice}`);
}
