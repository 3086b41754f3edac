/** Conditional models and learned priors on real digits. */
import { expect, test } from "vitest";
import { dataset } from "../../src/data/dataset.ts";
import { openDevice } from "../../src/device/open.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { readDigits } from "../../src/node/images.ts";
import { key } from "../../src/random.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { mixture } from "../../src/vae/priors/mixture.ts";
import type { Prior } from "../../src/vae/priors/prior.ts";
import { vampPrior } from "../../src/vae/priors/vamp_prior.ts";
import { train } from "../../src/vae/training/train.ts";
import { Vae } from "../../src/vae/vae.ts";

/** Runs a training to its end. */
async function finish(run: AsyncIterable<unknown>): Promise<void> {
  for await (const report of run) void report;
}

const digits = await readDigits();
const { columns: D, scale, data, labels } = digits.train;
const config = { input: D, hidden: [48], latent: 6, likelihood: bernoulli(), seed: 0 };
const options = { batchSize: 32, learningRate: 3e-3, seed: 1 };

/** The mean image of each digit. */
const means = Array.from({ length: 10 }, (_, digit) => {
  const rows = Array.from(labels!, (label, row) => (label === digit ? row : -1)).filter((row) => row >= 0);
  return Array.from({ length: D }, (_, d) => rows.reduce((sum, row) => sum + data[row * D + d]! * scale, 0) / rows.length);
});

/** The digit whose mean is nearest to each image. */
function nearest(images: ArrayLike<number>): number[] {
  return Array.from({ length: images.length / D }, (_, i) => {
    const distances = means.map((mean) => mean.reduce((sum, value, d) => sum + (value - images[i * D + d]!) ** 2, 0));
    return distances.indexOf(Math.min(...distances));
  });
}

test("samples of label 7 look like sevens, and those of a model without labels mostly do not", async () => {
  const device = await openDevice("wasm", { threads: 1 });
  const rows = dataset(device, data, { columns: D, scale, labels: labels! });
  const sevens = async (vae: Vae, label?: number): Promise<number> => {
    await finish(train(vae, rows, { ...options, epochs: 10 }));
    return nearest(await vae.sample(200, key(5), label === undefined ? {} : { label })).filter((digit) => digit === 7).length;
  };
  const conditional = new Vae(device, { ...config, classes: 10 });
  const [asked, unasked] = [await sevens(conditional, 7), await sevens(new Vae(device, config))];
  // of 200: a tenth of digits are sevens
  expect(unasked).toBeLessThan(60);
  expect(asked).toBeGreaterThan(140);
  const eachDigit = nearest(await conditional.sample(200, key(6), { label: Array.from({ length: 200 }, (_, i) => i % 10) }));
  expect(eachDigit.filter((digit, i) => digit === i % 10).length).toBeGreaterThan(120);
  await device.close();
});

test.each<[string, () => Prior]>([
  ["mixture", () => mixture({ components: 10 })],
  ["vampPrior", () => vampPrior({ pseudoInputs: 10, rows: Float64Array.from(data.subarray(0, 10 * D), (value) => value * scale) })],
])("a %s is trained on digits: its bound falls, and draws are pixels", async (_, make) => {
  const device = await openDevice("wasm", { threads: 1 });
  const [rows, held] = [dataset(device, data, { columns: D, scale }), dataset(device, digits.validation.data, { columns: D, scale })];
  const vae = new Vae(device, { ...config, prior: make() });
  const start = (await evaluate(vae, held)).negElbo.mean;
  await finish(train(vae, rows, { ...options, epochs: 5 }));
  const { negElbo } = await evaluate(vae, held);
  expect(negElbo.mean + 10 * negElbo.standardError).toBeLessThan(start);
  expect((await vae.sample(50, key(3))).every((value) => value > 0 && value < 1)).toBe(true);
  await device.close();
});
