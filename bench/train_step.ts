/** train_step: forward, backward and Adam with fresh noise on a batch of a data set that lives on the device, as `train` runs it. */
import { bernoulli, dataset, type Dataset, type Device, key, randomBits, Trainer, Vae } from "elbograd";
import { type Bench, measure, type Result, subjectOf, withDevice } from "./harness.ts";
import { TIMING } from "./table.ts";
import { allWorkloads, trainFlops, type Workload } from "./workloads.ts";

/** Batches in the data set, so that steps read different rows. */
const BATCHES = 8;

export const trainStepBench: Bench = {
  takes: ["workload", "batch"],
  columns: [...TIMING, "batch", "usPerExample", "gflops", "ofPeak", "adapter"],
  cases: ({ workload = allWorkloads, batch }) =>
    workload.flatMap(([name, config]) =>
      (batch ?? [config.batchSize]).map((batchSize) => (target) => {
        return withDevice(target, async (device) => [await measureStep(device, name, { ...config, batchSize })]);
      }),
    ),
};

async function measureStep(device: Device, name: string, workload: Workload): Promise<Result> {
  const trainer = await trainerOf(device, workload);
  const timing = await measure(async (count) => {
    trainer.steps(count);
    await trainer.sums();
  });
  const { batchSize } = workload;
  const usPerExample = (timing.stepMs * 1000) / batchSize;
  const gflops = trainFlops(workload) / (timing.stepMs * 1e6);
  return { bench: "train_step", workload: name, ...subjectOf(device), ...timing, batch: batchSize, usPerExample, gflops };
}

/** A run on data of its own, which goes with the device. */
export async function trainerOf(device: Device, { batchSize, ...config }: Workload): Promise<Trainer> {
  const data = await randomBytes(device, BATCHES * batchSize, config.input);
  const vae = new Vae(device, { ...config, likelihood: bernoulli(), seed: 0 });
  return new Trainer(vae, data, { batchSize, learningRate: 1e-3, seed: 1 });
}

/** Grey pixels without structure: a step's time does not depend on what the images show. */
async function randomBytes(device: Device, rows: number, columns: number): Promise<Dataset> {
  const bits = randomBits(device, [Math.ceil((rows * columns) / 4)], key(0));
  const bytes = new Uint8Array((await bits.read()).buffer, 0, rows * columns);
  bits.dispose();
  return dataset(device, bytes, { columns, scale: 1 / 255 });
}
