import { describe, expect, test } from "vitest";
import { type Dataset, dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { estimateNll } from "../../src/judge/nll.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { key } from "../../src/random.ts";
import { save } from "../../src/vae/files/save.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { train } from "../../src/vae/training/train.ts";
import type { TrainOptions } from "../../src/vae/training/train_options.ts";
import { Vae } from "../../src/vae/vae.ts";
import { onEachDevice } from "../support/conformance.ts";

const ROWS = 64;
const VALUES = Float32Array.from({ length: 4 * ROWS }, (_, i) => ((i * 37) % 11) / 11);
const OPTIONS = { epochs: 3, batchSize: 16, seed: 1 };

const model = (device: Device): Vae => new Vae(device, { input: 4, hidden: [8], latent: 2, likelihood: bernoulli(), seed: 0 });
const rows = (device: Device): Dataset => dataset(device, VALUES, { columns: 4 });

/** Trains, and lets `after` act when the first epoch has been reported. */
async function trained(vae: Vae, data: Dataset, after: () => void, options: Partial<TrainOptions>): Promise<void> {
  for await (const { epoch } of train(vae, data, { ...OPTIONS, ...options })) {
    if (epoch > 1) continue;
    after();
    // what is freed is given to the next who asks
    rows(vae.device);
  }
}

await onEachDevice((device) => {
  describe.each([true, false])("training with capture %s", (capture) => {
    test.each(["data", "labels", "validation"])("ends with an error that names the data set when its %s are freed", async (which) => {
      const labels = Uint32Array.from({ length: ROWS }, (_, i) => i % 2);
      const vae = new Vae(device, { input: 4, hidden: [8], latent: 2, likelihood: bernoulli(), seed: 0, classes: 2 });
      const [data, validation] = [0, 1].map(() => dataset(device, VALUES, { columns: 4, labels })) as [Dataset, Dataset];
      const free = {
        data: () => data.dispose(),
        labels: () => device.free(data.labels!.slice, "was freed with its data set"),
        validation: () => validation.dispose(),
      };
      const run = trained(vae, data, free[which as keyof typeof free], { capture, validation });
      await expect(run).rejects.toThrow(/: a slice of \d+ (f32|u32) was freed with its data set$/);
      [vae, data, validation].forEach((owner) => owner.dispose());
    });

    test("ends with an error that names the parameters when the model is disposed of", async () => {
      const [vae, data] = [model(device), rows(device)];
      const run = trained(vae, data, () => vae.dispose(), { capture, earlyStopping: { patience: 5 } });
      await expect(run).rejects.toThrow(/was freed with its parameters$/);
      data.dispose();
    });
  });

  test("evaluating and estimating end with an error when model or data are freed on the way, and refuse them before they begin", async () => {
    const [vae, data] = [model(device), rows(device)];
    const freed = /was freed with its (data set|parameters)$/;
    const evaluation = evaluate(vae, data, { batchSize: 16 });
    data.dispose();
    await expect(evaluation).rejects.toThrow(freed);
    await expect(evaluate(vae, data)).rejects.toThrow(new TypeError("evaluate: data was freed with its data set"));
    await expect(vae.posterior(data)).rejects.toThrow(new TypeError("posterior: data was freed with its data set"));
    await expect(train(vae, data, OPTIONS).next()).rejects.toThrow(new TypeError("train: data was freed with its data set"));
    const others = rows(device);
    const estimate = estimateNll(vae, others, { samples: 64, batchSize: 64 });
    vae.dispose();
    await expect(estimate).rejects.toThrow(freed);
    await expect(estimateNll(vae, others)).rejects.toThrow(new TypeError("estimateNll: the model was freed with its parameters"));
    others.dispose();
  });

  test("sampling, decoding and saving refuse a model or a decoder that was disposed of", async () => {
    const [vae, data] = [model(device), rows(device)];
    const decoder = await vae.decoder();
    const sampled = decoder.sample(600, key(0));
    decoder.dispose();
    await expect(sampled).rejects.toThrow(/was disposed$/);
    await expect(decoder.decodeLatents([0, 0])).rejects.toThrow(/was disposed$/);
    vae.dispose();
    for (const use of [
      () => vae.sample(1, key(0)),
      () => vae.decodeLatents([0, 0]),
      () => vae.decoder(),
      () => save(vae),
      () => vae.reconstruct(data),
    ]) {
      await expect(use()).rejects.toThrow(/was freed with its parameters$/);
    }
    expect(() => vae.parameters.state("m")).toThrow('parameters: the buffer "m" was freed with its parameters');
    data.dispose();
  });

  test("a captured step refuses to run when what it uses was freed", () => {
    const [from, to] = [device.alloc("f32", 4, "unscoped"), device.alloc("f32", 4, "unscoped")];
    const step = device.capture({}, () => device.copy(from, to));
    step.replay([{}]);
    device.free(to, "was freed for the test");
    expect(() => step.replay([{}])).toThrow(new TypeError("replay: a slice of 4 f32 was freed for the test"));
    step.dispose();
    device.free(from);
  });

  test("a model has one training at a time, and can have the next when that has ended, been left or failed", async () => {
    const [vae, data] = [model(device), rows(device)];
    const first = train(vae, data, OPTIONS);
    await first.next();
    await expect(train(vae, data, OPTIONS).next()).rejects.toThrow("train: a model has one training at a time, got a second one (");
    await first.return();
    const failing = train(vae, data, { ...OPTIONS, onProgress: () => { throw new Error("mine"); } }); // prettier-ignore
    await expect(failing.next()).rejects.toThrow("mine");
    for await (const { epoch } of train(vae, data, OPTIONS)) expect(epoch).toBeLessThanOrEqual(OPTIONS.epochs);
    for await (const { epoch } of train(vae, data, { ...OPTIONS, epochs: 1 })) expect(epoch).toBe(1);
    vae.dispose();
    data.dispose();
  });

  test("an asynchronous function is refused, and nothing is left of what it throws later", async () => {
    const unheard: unknown[] = [];
    const asynchronous = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error("nobody hears of it");
    };
    const { process } = globalThis as { process?: { on(event: string, f: (reason: unknown) => void): void } };
    process?.on("unhandledRejection", (reason) => unheard.push(reason));
    expect(() => device.scope(asynchronous)).toThrow("scope: the function is synchronous, got a promise from it (await outside of it)");
    expect(() => device.step({}, {}, asynchronous as () => void)).toThrow("step: the function is synchronous");
    expect(() => device.capture({}, asynchronous as () => void)).toThrow("capture: the function is synchronous");
    expect(() => device.watch({}, asynchronous as () => void)).toThrow("watch: the function is synchronous");
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(unheard).toEqual([]);
  });
});
