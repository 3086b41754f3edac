/** train_step: forward, backward and Adam with fresh noise on a batch of a data set that lives on the device, as `train` runs it. */
import { bernoulli, dataset, type Dataset, type Device, key, randomBits, Trainer, type TrainerOptions, Vae } from "elbograd";
import { type Counts, countCalls, gpuDeviceOf } from "elbograd/lab";
import { type Bench, measure, openTarget, machineOf, type Target } from "./harness.ts";
import type { Result } from "./result.ts";
import { TIMING } from "./table.ts";
import { allWorkloads, trainFlops, type Workload } from "./workloads.ts";

/** Batches in the data set, so that steps read different rows. */
const BATCHES = 16;

export const trainStepBench: Bench = {
  takes: ["workload", "batch"],
  columns: [...TIMING, "batch", "usPerExample", "gflops", "ofPeak", "dispatches", "submits", "bytesMoved", "adapter"],
  cases: ({ workload = allWorkloads, batch }) =>
    workload.flatMap(([name, config]) =>
      (batch ?? [config.batchSize]).map((batchSize) => (target) => measureStep(target, name, { ...config, batchSize })),
    ),
};

type Counting = ReturnType<typeof countCalls>;

async function measureStep(target: Target, name: string, workload: Workload): Promise<Result[]> {
  const device = await openTarget(target);
  const gpuDevice = gpuDeviceOf(device);
  const counting = gpuDevice && countCalls(gpuDevice);
  try {
    const trainer = await trainerOf(device, workload);
    const timing = await measure(async (count) => {
      trainer.steps(count);
      await trainer.sums();
    });
    const { batchSize } = workload;
    const usPerExample = (timing.stepMs * 1000) / batchSize;
    const gflops = trainFlops(workload) / (timing.stepMs * 1e6);
    const counts = counting && (await countStep(device, workload, trainer, counting));
    return [{ bench: "train_step", workload: name, ...machineOf(device), ...timing, batch: batchSize, usPerExample, gflops, ...counts }];
  } finally {
    await device.close();
  }
}

type StepCounts = Pick<Counts, "dispatches" | "submits" | "writes" | "writeBytes" | "buffersCreated" | "bindGroupsCreated" | "bytesMoved">;

/** Over an epoch with its shuffling and the read of its losses, by step; the bytes with a data set of one batch, where all that is bound is used. */
async function countStep(device: Device, workload: Workload, trainer: Trainer, { counts, reset }: Counting): Promise<StepCounts> {
  trainer.steps(BATCHES - (trainer.step % BATCHES));
  await trainer.sums();
  reset();
  trainer.steps(BATCHES);
  await trainer.sums();
  const { dispatches, submits, writes, writeBytes, buffersCreated, bindGroupsCreated } = counts;
  const epoch = { dispatches, submits, writes, writeBytes, buffersCreated, bindGroupsCreated };
  const perStep = Object.fromEntries(Object.entries(epoch).map(([name, value]) => [name, value / BATCHES])) as typeof epoch;

  const one = await trainerOf(device, workload, {}, 1);
  one.steps(1);
  await one.sums();
  reset();
  one.steps(1);
  return { ...perStep, bytesMoved: counts.bytesMoved };
}

/** A run on data of its own, which goes with the device. */
export async function trainerOf(
  device: Device,
  { batchSize, ...config }: Workload,
  options: Partial<TrainerOptions> = {},
  batches: number = BATCHES,
): Promise<Trainer> {
  const data = await randomBytes(device, batches * batchSize, config.input);
  const vae = new Vae(device, { ...config, likelihood: bernoulli(), seed: 0 });
  return new Trainer(vae, data, { batchSize, learningRate: 1e-3, seed: 1, ...options });
}

/** Grey pixels without structure: a step's time does not depend on what the images show. */
async function randomBytes(device: Device, rows: number, columns: number): Promise<Dataset> {
  const bits = randomBits(device, [Math.ceil((rows * columns) / 4)], key(0));
  const bytes = new Uint8Array((await bits.read()).buffer, 0, rows * columns);
  bits.dispose();
  return dataset(device, bytes, { columns, scale: 1 / 255 });
}
