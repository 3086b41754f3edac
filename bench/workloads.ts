/** The shapes that every training bench uses: small enough for a laptop's CPU, large, and tiny. */

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

/** The workload of a name given on the command line. */
export function workloadNamed(name: string): Workload {
  const workload = Object.hasOwn(workloads, name) ? workloads[name] : undefined;
  if (!workload) throw new RangeError(`bench: the workloads are ${Object.keys(workloads).join(", ")}, got "${name}"`);
  return workload;
}
