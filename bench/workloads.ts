/** The shapes that every training bench uses: small enough for a laptop's CPU, large, and tiny. */
import { productFlops, type Sizes } from "./shapes.ts";

export interface Workload {
  readonly input: number;
  readonly hidden: readonly number[];
  readonly latent: number;
  readonly batchSize: number;
}

export const workloads: Readonly<Record<string, Workload>> = {
  W1: { input: 784, hidden: [400], latent: 20, batchSize: 128 },
  W2: { input: 784, hidden: [1024, 1024], latent: 64, batchSize: 512 },
  W3: { input: 64, hidden: [64], latent: 8, batchSize: 32 },
};

export const allWorkloads: readonly (readonly [name: string, Workload])[] = Object.entries(workloads);

/** The workload of a name given on the command line. */
export function workloadNamed(name: string): Workload {
  const workload = Object.hasOwn(workloads, name) ? workloads[name] : undefined;
  if (!workload) throw new RangeError(`bench: the workloads are ${Object.keys(workloads).join(", ")}, got "${name}"`);
  return workload;
}

/** The products x [M,K] · W [K,N] of dense layers of these sizes, one after the other, on `rows` rows. */
function products(rows: number, sizes: readonly number[]): Sizes[] {
  return sizes.slice(1).map((N, i) => ({ M: rows, N, K: sizes[i]! }));
}

const flopsOf = (all: readonly Sizes[]): number => all.reduce((sum, sizes) => sum + productFlops(sizes), 0);

/** Of the products alone: each layer forward, dX and dW, but nobody wants the gradient of the data. */
export function trainFlops({ input, hidden, latent, batchSize }: Workload): number {
  const encoder = products(batchSize, [input, ...hidden, 2 * latent]);
  const decoder = products(batchSize, [latent, ...hidden.toReversed(), input]);
  return 3 * flopsOf([...encoder, ...decoder]) - flopsOf(encoder.slice(0, 1));
}

/** Of the decoder's products on `rows` latents. */
export function decodeFlops({ input, hidden, latent }: Workload, rows: number): number {
  return flopsOf(products(rows, [latent, ...hidden.toReversed(), input]));
}
