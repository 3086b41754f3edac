import { describe, expect, test } from "vitest";
import { type Dataset, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { writeSafetensors } from "../../../src/formats/safetensors.ts";
import { adamW } from "../../../src/nn/adam.ts";
import { cosine, warmUp } from "../../../src/nn/schedules.ts";
import { key, permutation } from "../../../src/random.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../../../src/vae/training/checkpoint.ts";
import type { EpochReport } from "../../../src/vae/training/losses.ts";
import { train } from "../../../src/vae/training/train.ts";
import type { TrainOptions } from "../../../src/vae/training/train_options.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { readDigits } from "../../support/files.ts";

const digits = await readDigits();

/** 7 steps an epoch, the last one of 4 rows; everything that has a state is switched on. */
const options: TrainOptions = {
  epochs: 3,
  batchSize: 16,
  seed: 11,
  optimizer: adamW({ weightDecay: 0.01 }),
  learningRate: warmUp(cosine(3e-3), 5),
  beta: warmUp(() => 1, 10),
  clip: { norm: 5 },
  binarise: true,
  earlyStopping: { patience: 2 },
};

const images = (device: Device, from: number, rows: number): Dataset =>
  dataset(device, digits.train.data.slice(from * 64, (from + rows) * 64), { columns: 64, scale: digits.train.scale });
const model = (device: Device, hidden = [12]): Vae => new Vae(device, { input: 64, hidden, latent: 3, likelihood: bernoulli(), seed: 3 });

interface Outcome {
  readonly file: Uint8Array;
  readonly history: readonly Omit<EpochReport, "stepMs">[];
  readonly checkpoints: readonly Checkpoint[];
}

async function run(device: Device, extra: Partial<TrainOptions> = {}): Promise<Outcome> {
  const [vae, data, validation] = [model(device), images(device, 0, 100), images(device, 100, 50)];
  const history: Omit<EpochReport, "stepMs">[] = (extra.resume?.state.history ?? []).map(timeless);
  const checkpoints: Checkpoint[] = [];
  const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => {
    checkpoints.push(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    return Promise.resolve();
  };
  for await (const report of train(vae, data, { ...options, validation, onCheckpoint, ...extra })) history.push(timeless(report));
  const file = await save(vae);
  [vae, data, validation].forEach((owner) => owner.dispose());
  return { file, history, checkpoints };
}

function timeless({ stepMs, ...rest }: EpochReport): Omit<EpochReport, "stepMs"> {
  expect(stepMs).toBeGreaterThanOrEqual(0);
  return rest;
}

await onEachDevice((device) => {
  test("a run that is resumed at any of ten random steps ends with the same bits and the same reports", async () => {
    const whole = await run(device, { checkpointEvery: 1 });
    expect(whole.checkpoints.map(({ state }) => state.step)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    const plain = await run(device);
    expect(plain).toEqual({ ...whole, checkpoints: [] });
    for (const i of permutation(key(2026), 20).slice(0, 10)) {
      const resumed = await run(device, { resume: whole.checkpoints[i]! });
      expect(resumed.file, `resumed after step ${i + 1}`).toEqual(whole.file);
      expect(resumed.history, `resumed after step ${i + 1}`).toEqual(whole.history);
    }
  });

  test("an interrupted run hands out a checkpoint first, and goes on from it to the same bits", async () => {
    const whole = await run(device);
    const abort = new AbortController();
    const checkpoints: Checkpoint[] = [];
    const onCheckpoint = (checkpoint: Checkpoint): Promise<void> => {
      checkpoints.push(checkpoint);
      return Promise.resolve();
    };
    const onProgress = ({ epoch, step }: { epoch: number; step: number }): void => {
      if (epoch === 2 && step >= 3) abort.abort(new Error("Ctrl-C"));
    };
    await expect(run(device, { signal: abort.signal, onProgress, onCheckpoint })).rejects.toThrow("Ctrl-C");
    expect(checkpoints).toHaveLength(1);
    const resumed = await run(device, { resume: checkpoints[0]! });
    expect(resumed.file).toEqual(whole.file);
    expect(resumed.history).toEqual(whole.history);
  });

  test("early stopping ends the run and restores the best weights, resumed or not", async () => {
    const rates = { learningRate: 0.3, optimizer: adamW(), epochs: 40, earlyStopping: { patience: 1 } };
    const whole = await run(device, { ...rates, checkpointEvery: 5 });
    expect(whole.history.length).toBeLessThan(40);
    const losses = whole.history.map(({ validation }) => validation!.negElbo);
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBe(whole.history.length - 2);
    const untilBest = await run(device, { ...rates, epochs: best + 1 });
    expect(untilBest.file).toEqual(whole.file);
    const late = whole.checkpoints.at(-1)!;
    expect((await run(device, { ...rates, resume: late })).file).toEqual(whole.file);
  });

  test("a run that early stopping has ended stays ended: resumed, it trains no further epoch and has the best weights", async () => {
    const rates = { learningRate: 0.3, optimizer: adamW(), epochs: 40, earlyStopping: { patience: 1 } };
    const whole = await run(device, { ...rates, checkpointEvery: 7 });
    const last = whole.checkpoints.at(-1)!;
    expect([last.state.history.length, last.state.step]).toEqual([whole.history.length, 7 * whole.history.length]);
    const resumed = await run(device, { ...rates, resume: last });
    expect(resumed.history).toEqual(whole.history);
    expect(resumed.file).toEqual(whole.file);
  });
});

describe("a checkpoint that does not fit", () => {
  test("is refused with a list of what differs", async () => {
    const device = await openDevice("cpu");
    const { checkpoints } = await run(device, { checkpointEvery: 7 });
    const resume = checkpoints[0]!;
    await expect(run(device, { resume, batchSize: 10, seed: 12 })).rejects.toThrow(
      "train: the checkpoint is of another configuration: batchSize 16 there and 10 here; trainingSeed 11 there and 12 here (resume with the options that it was made with)",
    );
    await expect(run(device, { resume, settings: { file: "a.csv" } })).rejects.toThrow('file nothing there and "a.csv" here');
    const [vae, data, validation] = [model(device, [13]), images(device, 0, 100), images(device, 100, 50)];
    const before = await device.read(vae.parameters.value);
    await expect(train(vae, data, { ...options, validation, resume }).next()).rejects.toThrow("hidden [12] there and [13] here");
    expect(await device.read(vae.parameters.value)).toEqual(before);
    await device.close();
  });

  test("is refused when it is of another format or version, or damaged", () => {
    const file = (entries: [string, string][]): Uint8Array => writeSafetensors(new Map(), new Map(entries));
    expect(() => decodeCheckpoint(file([]), "x")).toThrow(new FormatError("load: x is no elbograd checkpoint, its format is not stated"));
    expect(() => decodeCheckpoint(file([["format", "elbograd model"]]), "x")).toThrow(
      "load: x is no elbograd checkpoint, its format is elbograd model",
    );
    const header: [string, string][] = [["format", "elbograd checkpoint"]];
    expect(() => decodeCheckpoint(file(header), "x")).toThrow("load: x has format version none, this program knows 2 (update elbograd)");
    expect(() => decodeCheckpoint(file([...header, ["version", "3"]]), "x")).toThrow(
      "load: x has format version 3, this program knows 2 (update elbograd)",
    );
    expect(() => decodeCheckpoint(file([...header, ["version", "1"]]), "x")).toThrow(
      new FormatError(
        "load: x has format version 1, this program knows 2, because seeds give other random numbers since then " +
          "(train anew, or finish the run with the version of elbograd that wrote it)",
      ),
    );
    for (const state of ["{", '{"step":1}']) {
      expect(() => decodeCheckpoint(file([...header, ["version", "2"], ["state", state]]), "x")).toThrow("load: the state in x cannot be read");
    }
  });
});
