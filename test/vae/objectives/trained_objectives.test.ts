/** Training by other objectives: what is reported, stopped by, checkpointed and refused. */
import { describe, expect, test } from "vitest";
import { batchOf, type Dataset, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { key, permutation } from "../../../src/random.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elboObjective } from "../../../src/vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../../src/vae/objectives/iwae_objective.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../../../src/vae/training/checkpoint.ts";
import type { EpochReport } from "../../../src/vae/training/losses.ts";
import { train } from "../../../src/vae/training/train.ts";
import type { TrainOptions } from "../../../src/vae/training/train_options.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { readDigits } from "../../support/files.ts";

const digits = await readDigits();
/** 4 steps an epoch, the last one of 10 rows. */
const options: TrainOptions = { epochs: 2, batchSize: 30, seed: 5, learningRate: 3e-3 };

const model = (device: Device): Vae => new Vae(device, { input: 64, hidden: [12], latent: 3, likelihood: bernoulli(), seed: 3 });
const images = (device: Device, from: number, rows: number): Dataset =>
  dataset(device, digits.train.data.slice(from * 64, (from + rows) * 64), { columns: 64, scale: digits.train.scale });

interface Outcome {
  readonly file: Uint8Array;
  readonly history: readonly EpochReport[];
  readonly checkpoints: readonly Checkpoint[];
}

async function run(device: Device, extra: Partial<TrainOptions>): Promise<Outcome> {
  const [vae, data, validation] = [model(device), images(device, 0, 100), images(device, 100, 50)];
  const history: EpochReport[] = [];
  const checkpoints: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => {
    checkpoints.push(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    return Promise.resolve();
  };
  try {
    for await (const report of train(vae, data, { ...options, validation, onCheckpoint, ...extra })) history.push(report);
    return { file: await save(vae), history, checkpoints };
  } finally {
    [vae, data, validation].forEach((owner) => owner.dispose());
  }
}

await onEachDevice((device) => {
  test("an importance-weighted run reports its bound beside the ELBO, tighter than it, and resumes to the same bits", async () => {
    const objective = dregObjective({ samples: 8 });
    const whole = await run(device, { objective, checkpointEvery: 1 });
    for (const losses of whole.history.flatMap((report) => [report, report.validation!])) {
      expect(losses.negElbo).toBeCloseTo(losses.reconstruction + losses.kl, 9);
      expect(losses.negBound).toBeLessThan(losses.negElbo);
    }
    for (const i of permutation(key(1), 7).slice(0, 2)) {
      const resumed = await run(device, { objective, resume: whole.checkpoints[i]! });
      expect(resumed.file, `resumed after step ${i + 1}`).toEqual(whole.file);
      expect(resumed.history.at(-1)!.negBound).toBe(whole.history.at(-1)!.negBound);
    }
  });

  test("a report's losses are averages over samples and rows", async () => {
    const [vae, data] = [model(device), images(device, 0, 100)];
    const objective = iwaeObjective({ samples: 64 });
    const whole = objective.loss(vae, batchOf(data, 100), { noise: key(0), parameters: vae.parameters.frozen() });
    const mean = async (values: { read(): Promise<ArrayLike<number>> }): Promise<number> => {
      const all = Array.from(await values.read());
      return all.reduce((a, b) => a + b) / all.length;
    };
    const want = [await mean(whole.reconstruction), await mean(whole.kl), await mean(whole.negBound!)];
    const { history } = await run(device, { objective, learningRate: 1e-12, epochs: 1 });
    const { reconstruction, kl, negBound } = history[0]!;
    // other noise: what is drawn differs, by about a hundredth with so many samples
    expect(Math.abs(reconstruction / want[0]! - 1)).toBeLessThan(0.01);
    expect(Math.abs(kl / want[1]! - 1)).toBeLessThan(1e-5);
    expect(Math.abs(negBound! / want[2]! - 1)).toBeLessThan(0.01);
    [vae, data].forEach((owner) => owner.dispose());
  });
});

describe("options of objectives", () => {
  test("a run by the ELBO reports no bound, whatever takes the place of its KL", async () => {
    const device = await openDevice("cpu");
    for (const objective of [elboObjective({ samples: 4, kl: "mc" }), elboObjective({ freeBits: 1 })]) {
      for (const { negElbo, reconstruction, kl, negBound, validation } of (await run(device, { objective })).history) {
        expect(negElbo).toBeCloseTo(reconstruction + kl, 9);
        expect([negBound, validation!.negBound]).toEqual([undefined, undefined]);
      }
    }
    await device.close();
  });

  test("more free bits leave a larger KL, and a capacity draws it to itself", async () => {
    const device = await openDevice("wasm", { threads: 1 });
    const klAfter = async (extra: Partial<TrainOptions>): Promise<number> => (await run(device, { ...extra, epochs: 60 })).history.at(-1)!.kl;
    const [plain, free] = [await klAfter({ beta: 4 }), await klAfter({ beta: 4, objective: elboObjective({ freeBits: 2 }) })];
    expect(free).toBeGreaterThan(plain + 2);
    expect(Math.abs((await klAfter({ beta: 50, objective: elboObjective({ capacity: 3 }) })) - 3)).toBeLessThan(0.3);
    await device.close();
  });

  test("a checkpoint of another objective is refused", async () => {
    const device = await openDevice("cpu");
    const { checkpoints } = await run(device, { objective: iwaeObjective({ samples: 2 }), checkpointEvery: 4 });
    const resume = checkpoints[0]!;
    await expect(run(device, { resume, objective: iwaeObjective({ samples: 3 }) })).rejects.toThrow("objective.samples 2 there and 3 here");
    await expect(run(device, { resume })).rejects.toThrow('objective.name "iwae" there and "elbo" here');
    await device.close();
  });

  test("early stopping goes by the bound", async () => {
    const device = await openDevice("wasm", { threads: 1 });
    const objective = iwaeObjective({ samples: 20 });
    const { history } = await run(device, { objective, epochs: 60, learningRate: 0.03, earlyStopping: { patience: 2 } });
    const bounds = history.map(({ validation }) => validation!.negBound!);
    expect(history.length).toBeLessThan(60);
    expect(bounds.indexOf(Math.min(...bounds))).toBe(history.length - 3);
    await device.close();
  });

  test("what excludes each other, and schedules with gaps, are refused before anything is allocated", async () => {
    const device = await openDevice("cpu");
    const [vae, data] = [model(device), images(device, 0, 100)];
    const before = device.memory().live;
    const refused = async (extra: Partial<TrainOptions>, message: string): Promise<void> => {
      await expect(train(vae, data, { ...options, ...extra }).next()).rejects.toThrow(new RangeError(message));
      expect(device.memory().live).toBe(before);
    };
    const gap = ({ step }: { step: number }): number => (step === 6 ? NaN : 1);
    const why = "(a schedule has no gaps)";
    await refused(
      { beta: 0.5, objective: iwaeObjective({ samples: 2 }) },
      "train: beta weighs the KL of an ELBO, got 0.5 with the objective iwae (leave it out)",
    );
    await refused({ beta: gap }, `train: beta is a number of at least 0, got NaN at step 7 of 8 ${why}`);
    await refused({ learningRate: gap }, `train: learningRate is a number of at least 0, got NaN at step 7 of 8 ${why}`);
    await refused({ objective: elboObjective({ capacity: gap }) }, `train: capacity is a number of at least 0, got NaN at step 7 of 8 ${why}`);
    for await (const { negElbo } of train(vae, data, options)) expect(negElbo).toBeGreaterThan(0);
    await device.close();
  });
});
