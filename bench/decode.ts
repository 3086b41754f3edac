/** decode: 4096 latents to the means of p(x|z), for Bernoulli pixels their probabilities; they stay on the device. On webgpu also with weights in f16. */
import { bernoulli, type Device, key, normal, Vae } from "elbograd";
import { type Bench, measure, machineOf, withDevice } from "./harness.ts";
import type { Result } from "./result.ts";
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
          withDevice(target, async (device) => {
            const whole = await measureDecoder(device, name, config, "f32");
            return device.name === "webgpu" ? [whole, await measureDecoder(device, name, config, "f16")] : [whole];
          }),
    ),
};

async function measureDecoder(device: Device, name: string, workload: Workload, precision: "f32" | "f16"): Promise<Result> {
  const { input, hidden, latent } = workload;
  const vae = new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0 });
  const decoder = await vae.decoder({ precision });
  const z = normal(device, [LATENTS, latent], key(0));
  const timing = await measure(async (count) => {
    for (let i = 1; i < count; i++) device.scope(() => decoder.decode(z)).dispose();
    const means = device.scope(() => decoder.decode(z));
    await device.read(means.slice.view(0, 1));
    means.dispose();
  });
  const usPerExample = (timing.stepMs * 1000) / LATENTS;
  const gflops = decodeFlops(workload, LATENTS) / (timing.stepMs * 1e6);
  return {
    bench: "decode",
    workload: precision === "f32" ? name : `${name} ${precision}`,
    ...machineOf(device),
    ...timing,
    batch: LATENTS,
    usPerExample,
    gflops,
  };
}
