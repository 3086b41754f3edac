/** The shapes that every training bench uses: small enough for a laptop's CPU, large, and tiny. */

export interface Workload {
  readonly input: number;
  readonly hidden: readonly number[];
  readonly latent: number;
  readonly batchSize: number;
}

export const workloads = {
  W1: { input: 784, hidden: [400], latent: 20, batchSize: 128 },
  W2: { input: 784, hidden: [1024, 1024], latent: 64, batchSize: 512 },
  W3: { input: 64, hidden: [64], latent: 8, batchSize: 32 },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof workloads;

/** The workload of a name given on the command line. */
export function workloadNamed(name: string): Workload {
  if (!Object.hasOwn(workloads, name)) throw new RangeError(`bench: the workloads are ${Object.keys(workloads).join(", ")}, got "${name}"`);
  return workloads[name as WorkloadName];
}
