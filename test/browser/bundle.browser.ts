/** The bundle in a page, as its users have it: every device trains on the digits, saves and loads. */
import { bernoulli, dataset, type Device, key, load, openDevice, save, train, Vae } from "elbograd";
import { expect, test } from "vitest";
import { readDigits } from "./files.ts";

const digits = await readDigits();

test("the page is isolated from other origins, so that threads can share memory, only where it says so", () => {
  expect(crossOriginIsolated).toBe(import.meta.env["ISOLATED"] === "1");
  expect(typeof SharedArrayBuffer).toBe(crossOriginIsolated ? "function" : "undefined");
});

test("a GPU that is software is used only when asked for by name", async () => {
  const [auto, gpu] = [await openDevice(), await openDevice("webgpu")];
  expect(auto.name).toBe("wasm");
  expect(gpu.info).toMatchObject({ software: true, adapter: expect.stringContaining("swiftshader") as string });
  await Promise.all([auto.close(), gpu.close()]);
});

/** Two epochs; the validation's negElbo after each, and the model as a file. */
async function trained(device: Device): Promise<{ negElbo: number[]; file: Uint8Array }> {
  const images = dataset(device, digits.train.data, digits.train);
  const validation = dataset(device, digits.validation.data, digits.validation);
  const vae = new Vae(device, { input: 64, hidden: [64], latent: 8, likelihood: bernoulli(), seed: 0 });
  const negElbo: number[] = [];
  for await (const report of train(vae, images, { epochs: 2, batchSize: 32, validation, seed: 1 })) negElbo.push(report.validation!.negElbo);
  return { negElbo, file: await save(vae) };
}

test.each(["cpu", "wasm", "webgpu"] as const)("trains on digits, saves and loads on %s", async (name) => {
  const [device, reference] = [await openDevice(name), await openDevice("cpu")];
  expect(device.name).toBe(name);
  const { negElbo, file } = await trained(device);
  expect(negElbo[1]).toBeLessThan(negElbo[0]! - 2);
  expect(negElbo[1]).toBeLessThan((await trained(reference)).negElbo[1]! * 1.001);

  const [here, there] = [load(device, file), load(reference, file)];
  const [pixels, same] = [await here.vae.sample(4, key(3)), await there.vae.sample(4, key(3))];
  expect(pixels.length).toBe(4 * 64);
  pixels.forEach((value, i) => expect(Math.abs(value - same[i]!)).toBeLessThan(1e-4));
  await Promise.all([device.close(), reference.close()]);
});
