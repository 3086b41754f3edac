/** decode: 4096 latents to the means of p(x|z), for Bernoulli pixels their probabilities; they stay on the device. */
import { bernoulli, type Device, key, normal, Vae } from "elbograd";
import { type Bench, measure, type Result, subjectOf, withDevice } from "./harness.ts";
import { TIMING } from "./table.ts";
import { allWorkloads, decodeFlops, type Workload } from "./workloads.ts";

export const LATENTS = 4096;

export const decodeBench: Bench = {
  takes: ["workload"],
  columns: [...TIMING, "usPerExample", "gflops", "ofPeak", "adapter"],
  cases: ({ workload = allWorkloads }) =>
    workload.map(
      ([name, config]) =>
        (target) =>
          withDevice(target, async (device) => [await measureDecoder(device, name, config)]),
    ),
};

async function measureDecoder(device: Device, name: string, workload: Workload): Promise<Result> {
  const { input, hidden, latent } = workload;
  const vae = new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0 });
  const z = normal(device, [LATENTS, latent], key(0));
  const timing = await measure(async (count) => {
    for (let i = 1; i < count; i++) device.scope(() => vae.decode(z)).dispose();
    const means = device.scope(() => vae.decode(z));
    await device.read(means.slice.view(0, 1));
    means.dispose();
  });
  const usPerExample = (timing.stepMs * 1000) / LATENTS;
  const gflops = decodeFlops(workload, LATENTS) / (timing.stepMs * 1e6);
  return { bench: "decode", workload: name, ...subjectOf(device), ...timing, batch: LATENTS, usPerExample, gflops };
}
