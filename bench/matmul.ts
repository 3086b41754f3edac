/** matmul: C [M,N] = A [M,K] · B [K,N] in f32, 2·M·N·K floating-point operations. */
import { type Device, key, matmul, uniform } from "elbograd";
import { measure, type Result } from "./harness.ts";

/** The forward product of W1's first layer, and two squares: M, N, K. */
export const defaultShapes: readonly string[] = ["128,400,784", "512,512,512", "1024,1024,1024"];

export interface Sizes {
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

export async function benchMatmul(device: Device, { M, N, K }: Sizes): Promise<Result> {
  const a = uniform(device, [M, K], key(0));
  const b = uniform(device, [K, N], key(1));
  const timing = await measure(async (count) => {
    for (let i = 1; i < count; i++) matmul(a, b).dispose();
    const c = matmul(a, b);
    await device.read(c.slice.view(0, 1));
    c.dispose();
  });
  a.dispose();
  b.dispose();
  const { adapter, software } = device.info;
  const gflops = (2 * M * N * K) / (timing.stepMs * 1e6);
  return { bench: "matmul", workload: `${M}×${N}×${K}`, device: device.name, adapter, software, ...timing, gflops };
}

/** The sizes written as "M,N,K". */
export function parseShape(shape: string): Sizes {
  const [M = 0, N = 0, K = 0, ...rest] = shape.split(",").map(Number);
  if (rest.length > 0 || ![M, N, K].every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new RangeError(`bench: a shape is three whole numbers M,N,K, got "${shape}" (for example --shape 128,400,784)`);
  }
  return { M, N, K };
}
