/** The same product on the CPU: naive → rows → registers in JavaScript, then the wasm device's SIMD code on one thread and on two. */
import type { Kernel } from "elbograd";
import { kernelNamed } from "elbograd/lab";
import { productKernel, type ProductParams, productSubject, specification } from "../product.ts";
import { type Ladder, type Rung, shaderNamed } from "../rung.ts";
import { registerTile, rowByRow } from "./loops.ts";

function loop(name: string, cpu: Kernel<ProductParams>["cpu"]): Rung {
  const kernel = productKernel({ name: `cpu_${name}`, wgsl: shaderNamed("matmul/naive"), tile: [16, 16], cpu });
  return { name, device: "cpu", subject: productSubject(kernel, (sizes) => sizes) };
}

/** The library's product takes operands at any strides, and may add. */
type MatmulParams = ProductParams & { a_m: number; a_k: number; b_k: number; b_n: number; accumulate: number };

function simd(name: string, threads: number): Rung {
  const kernel = kernelNamed("matmul") as Kernel<MatmulParams>;
  const subject = productSubject(kernel, ({ M, N, K }) => ({ M, N, K, a_m: K, a_k: 1, b_k: N, b_n: 1, accumulate: 0 }));
  return { name, device: "wasm", threads, subject };
}

export const cpuLadder: Ladder = {
  name: "cpu",
  unit: "GFLOP/s",
  rungs: [loop("naive", specification), loop("rows", rowByRow), loop("registers", registerTile), simd("SIMD", 1), simd("threads", 2)],
};
