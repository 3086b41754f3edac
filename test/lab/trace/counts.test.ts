/** What a training step asks of WebGPU, counted at its calls through the public `train`: these figures hold on any GPU. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Workload, workloads } from "../../../bench/workloads.ts";
import { dataset } from "../../../src/data/dataset.ts";
import type { Counts } from "../../../src/lab/trace/count_webgpu.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { train } from "../../../src/vae/training/train.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { countedWebGpu, hasWebGpu } from "../../support/raw_webgpu.ts";

const { W1, W2 } = workloads as { readonly W1: Workload; readonly W2: Workload };

interface Run {
  readonly workload: Workload;
  readonly batchSize: number;
  /** In an epoch. */
  readonly batches: number;
}

interface Steady {
  /** Everything from the end of the first epoch to the end of the second, for each step. */
  readonly epoch: Counts;
  /** From the first report of progress in the second epoch to its last, in all. */
  readonly within: Counts;
}

/** Two epochs of `train`. The clock stands still, so that the groups of steps are as long as on a fast GPU, however slow this one is. */
async function steadyState({ workload: { input, hidden, latent }, batchSize, batches }: Run): Promise<Steady> {
  const { device, counts } = await countedWebGpu();
  const vae = new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0 });
  const bytes = Uint8Array.from({ length: batches * batchSize * input }, (_, i) => 37 * i);
  const data = dataset(device, bytes, { columns: input, scale: 1 / 255 });
  const seen: Counts[][] = [[], []];
  const onProgress = ({ epoch }: { epoch: number }): unknown => seen[epoch - 1]!.push({ ...counts });
  vi.spyOn(performance, "now").mockReturnValue(0);
  for await (const { negElbo } of train(vae, data, { epochs: 2, batchSize, seed: 1, onProgress })) expect(negElbo).toBeGreaterThan(0);
  vi.restoreAllMocks();
  await device.close();
  const [before, first, last] = [seen[0]!.at(-1)!, seen[1]![0]!, seen[1]!.at(-1)!];
  return { epoch: over(batches, difference(before, last)), within: difference(first, last) };
}

const mapped = (counts: Counts, f: (value: number, name: keyof Counts) => number): Counts =>
  Object.fromEntries(Object.entries(counts).map(([name, value]) => [name, f(value as number, name as keyof Counts)])) as unknown as Counts;
const difference = (from: Counts, to: Counts): Counts => mapped(to, (value, name) => value - from[name]);
const over = (steps: number, counts: Counts): Counts => mapped(counts, (value) => value / steps);

describe.skipIf(!hasWebGpu())("W1, counted at the calls of WebGPU,", () => {
  /** Of few rows: no count but that of bytes depends on how many. */
  const run: Run = { workload: W1, batchSize: 4, batches: 80 };
  let steady: Steady;
  beforeAll(async () => {
    steady = await steadyState(run);
  }, 300_000);

  test("takes at most 10 dispatches a step, with 8 storage buffers, which every adapter binds", () => {
    expect(steady.epoch.dispatches).toBeGreaterThan(0);
    expect(steady.epoch.dispatches).toBeLessThanOrEqual(10);
  });

  test("is submitted at most once in 8 steps", () => {
    expect(steady.epoch.submits).toBeGreaterThan(0);
    expect(steady.epoch.submits).toBeLessThanOrEqual(1 / 8);
  });

  test("creates no buffer, bind group, pipeline or module", () => {
    expect(steady.epoch).toMatchObject({ buffersCreated: 0, bindGroupsCreated: 0, pipelinesCreated: 0, modulesCreated: 0 });
  });

  test("uploads once for each submit, and at most 4 kB a step", () => {
    expect(steady.within.writes).toBeGreaterThan(0);
    expect(steady.within.writes).toBeLessThanOrEqual(steady.within.submits);
    // the order of the epoch comes on top
    expect(steady.epoch.writes * run.batches).toBeLessThanOrEqual(steady.epoch.submits * run.batches + 1);
    expect(steady.epoch.writeBytes).toBeLessThanOrEqual(4096);
  });

  test("moves at most 30 MB a step, in batches of 128", async () => {
    // in a data set of one batch the operands are as large as what is read of them
    const { epoch } = await steadyState({ workload: W1, batchSize: W1.batchSize, batches: 1 });
    expect(epoch.dispatches).toBe(steady.epoch.dispatches);
    expect(epoch.bytesMoved).toBeGreaterThan(4 * 2 * 784 * 400);
    expect(epoch.bytesMoved).toBeLessThanOrEqual(30e6);
  });
});

test.skipIf(!hasWebGpu())("W2 takes at most 16 dispatches a step", async () => {
  const { epoch } = await steadyState({ workload: W2, batchSize: 4, batches: 2 });
  expect(epoch.dispatches).toBeLessThanOrEqual(16);
});

afterAll(() => vi.restoreAllMocks());
