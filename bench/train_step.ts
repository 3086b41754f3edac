/** train_step: forward, backward and Adam with fresh noise on a batch of a data set that lives on the device, as `train` runs it. */
import { bernoulli, dataset, type Dataset, type Device, key, randomBits, Trainer, Vae } from "elbograd";
import { measure, type Result } from "./harness.ts";
import type { Workload } from "./workloads.ts";

/** Batches in the data set, so that steps read different rows. */
const BATCHES = 8;

export async function benchTrainStep(device: Device, name: string, { batchSize, ...config }: Workload): Promise<Result> {
  const data = await randomBytes(device, BATCHES * batchSize, config.input);
  const vae = new Vae(device, { ...config, likelihood: bernoulli(), seed: 0 });
  const trainer = new Trainer(vae, data, { batchSize, learningRate: 1e-3, seed: 1 });
  const timing = await measure(async (count) => {
    trainer.steps(count);
    await trainer.sums();
  });
  trainer.dispose();
  vae.dispose();
  data.dispose();
  const { adapter, software } = device.info;
  return { bench: "train_step", workload: name, device: device.name, adapter, software, ...timing };
}

/** Grey pixels without structure: a step's time does not depend on what the images show. */
async function randomBytes(device: Device, rows: number, columns: number): Promise<Dataset> {
  const bits = randomBits(device, [Math.ceil((rows * columns) / 4)], key(0));
  const bytes = new Uint8Array((await bits.read()).buffer, 0, rows * columns);
  bits.dispose();
  return dataset(device, bytes, { columns, scale: 1 / 255 });
}
