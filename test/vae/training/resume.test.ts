/** What a run goes on from, and what it refuses: each with a message of its own, and the model left alone. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Dataset, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { adam, adamW } from "../../../src/nn/adam.ts";
import { rmsprop } from "../../../src/nn/rmsprop.ts";
import { constant, cosine, cyclical, stepList, warmUp } from "../../../src/nn/schedules.ts";
import { sgd } from "../../../src/nn/sgd.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elboObjective } from "../../../src/vae/objectives/elbo_objective.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type TrainingState } from "../../../src/vae/training/checkpoint.ts";
import type { EpochReport } from "../../../src/vae/training/losses.ts";
import { train } from "../../../src/vae/training/train.ts";
import type { CheckpointMoment, TrainOptions } from "../../../src/vae/training/train_options.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { readDigits } from "../../support/files.ts";

const digits = await readDigits();
/** 4 steps an epoch, the last one of 12 rows. */
const plain: TrainOptions = { epochs: 2, batchSize: 16, seed: 11 };

let device: Device;
beforeAll(async () => {
  device = await openDevice("cpu");
});
afterAll(() => device.close());

const raw = (from: number, rows: number): Uint8Array => digits.train.data.slice(from * 64, (from + rows) * 64);
const images = (values = raw(0, 60), labels?: number[]): Dataset =>
  dataset(device, values, { columns: 64, scale: digits.train.scale, ...(labels && { labels }) });

interface Outcome {
  readonly file: Uint8Array;
  readonly history: readonly Omit<EpochReport, "stepMs">[];
  readonly checkpoints: readonly Checkpoint[];
  readonly moments: readonly CheckpointMoment[];
}

async function run(extra: Partial<TrainOptions> = {}, data = images(), classes?: number): Promise<Outcome> {
  const vae = new Vae(device, { input: 64, hidden: [12], latent: 3, likelihood: bernoulli(), seed: 3, ...(classes && { classes }) });
  const history: Omit<EpochReport, "stepMs">[] = [...(extra.resume?.state.history ?? [])];
  const checkpoints: Checkpoint[] = [];
  const moments: CheckpointMoment[] = [];
  const onCheckpoint = (checkpoint: Checkpoint, moment: CheckpointMoment): Promise<void> => {
    checkpoints.push(decodeCheckpoint(encodeCheckpoint(checkpoint)));
    moments.push(moment);
    return Promise.resolve();
  };
  try {
    for await (const report of train(vae, data, { ...plain, onCheckpoint, ...extra })) history.push(report);
    return { file: await save(vae), history: history.map((report) => ({ ...report, stepMs: undefined })), checkpoints, moments };
  } finally {
    [vae, data, ...(extra.validation ? [extra.validation] : [])].forEach((owner) => owner.dispose());
  }
}

/** The checkpoint of the end of a run. */
async function ended(extra: Partial<TrainOptions> = {}, data?: Dataset, classes?: number): Promise<Checkpoint> {
  return (await run({ checkpointEvery: 1000, ...extra }, data, classes)).checkpoints.at(-1)!;
}

describe("the end of a run with checkpoints", () => {
  test("is a checkpoint, from which it goes on to more epochs with the bits of one that was meant to be as long", async () => {
    const { checkpoints, moments } = await run({ checkpointEvery: 3 });
    expect(checkpoints.map(({ state }) => state.step)).toEqual([3, 6, 8]);
    expect(moments).toEqual(["due", "due", "end"]);
    const whole = await run({ epochs: 5 });
    for (const resume of checkpoints) {
      const { file, history } = await run({ epochs: 5, resume });
      expect({ file, history }).toEqual({ file: whole.file, history: whole.history });
    }
  });

  test("is one checkpoint and no more where one is due there", async () => {
    const { checkpoints, moments } = await run({ checkpointEvery: 4 });
    expect(checkpoints.map(({ state }) => state.step)).toEqual([4, 8]);
    expect(moments).toEqual(["due", "end"]);
  });

  test("keeps the last weights beside early stopping's best ones", async () => {
    const rates = { learningRate: 0.3, epochs: 40, earlyStopping: { patience: 1 } };
    const validation = (): Dataset => images(raw(60, 30));
    const { checkpoints, file, history } = await run({ ...rates, validation: validation(), checkpointSeconds: 1e6 });
    expect(history.length).toBeLessThan(40);
    const { tensors, state } = checkpoints.at(-1)!;
    expect(state.history).toHaveLength(history.length);
    expect(tensors.get("best.output.bias")!.data).not.toEqual(tensors.get("output.bias")!.data);
    // it had stopped, and does so again
    const again = await run({ ...rates, epochs: 50, validation: validation(), resume: checkpoints.at(-1)! });
    expect(again).toMatchObject({ file, history });
  });
});

describe("checkpointSeconds", () => {
  test("takes a checkpoint when so much time has passed, and changes no bit", async () => {
    const whole = await run();
    // the clock jumps by a second with every look
    let now = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 1000));
    const { checkpoints, moments, file } = await run({ checkpointSeconds: 8 });
    clock.mockRestore();
    expect(file).toEqual(whole.file);
    expect(moments.at(-1)).toBe("end");
    expect(moments.filter((moment) => moment === "due").length).toBeGreaterThan(0);
    for (const resume of checkpoints) expect((await run({ resume })).file).toEqual(whole.file);
  });

  test("and checkpointEvery are checked", async () => {
    await expect(run({ checkpointSeconds: 0 })).rejects.toThrow("train: checkpointSeconds is a positive number of seconds, got 0");
    await expect(run({ checkpointSeconds: NaN })).rejects.toThrow("train: checkpointSeconds is a positive number of seconds, got NaN");
    for (const every of [0, -1, 1.5]) {
      await expect(run({ checkpointEvery: every })).rejects.toThrow(`train: checkpointEvery is a whole number of steps of at least 1, got ${every}`);
    }
  });
});

describe("another run", () => {
  test.each<[string, Partial<TrainOptions>, Partial<TrainOptions>, string]>([
    ["adam's beta1", {}, { optimizer: adam({ beta1: 0.1 }) }, "optimizer.beta1 0.9 there and 0.1 here"],
    ["adam's beta2", {}, { optimizer: adam({ beta2: 0.9 }) }, "optimizer.beta2 0.999 there and 0.9 here"],
    ["adam's epsilon", {}, { optimizer: adam({ epsilon: 0.1 }) }, "optimizer.epsilon 1e-8 there and 0.1 here"],
    ["adam's weight decay", {}, { optimizer: adam({ weightDecay: 1 }) }, "optimizer.weightDecay 0 there and 1 here"],
    ["adamW's", { optimizer: adamW() }, { optimizer: adamW({ weightDecay: 1 }) }, "optimizer.weightDecay 0.01 there and 1 here"],
    ["sgd's momentum", { optimizer: sgd({ momentum: 0.5 }) }, { optimizer: sgd({ momentum: 0.9 }) }, "optimizer.momentum 0.5 there and 0.9 here"],
    [
      "sgd's look ahead",
      { optimizer: sgd({ momentum: 0.5 }) },
      { optimizer: sgd({ momentum: 0.5, nesterov: true }) },
      "optimizer.nesterov false there and true here",
    ],
    ["rmsprop's alpha", { optimizer: rmsprop() }, { optimizer: rmsprop({ alpha: 0.5 }) }, "optimizer.alpha 0.99 there and 0.5 here"],
    ["the learning rate", {}, { optimizer: adam({ learningRate: 0.1 }) }, "learningRate 0.001 there and 0.1 here"],
    ["clipping", {}, { clip: { norm: 1 } }, "clip.norm nothing there and 1 here"],
  ])("of other numbers is refused: %s", async (_, first, second, message) => {
    await expect(run({ ...second, resume: await ended(first) })).rejects.toThrow(
      `train: the checkpoint is of another configuration: ${message} (resume with the options that it was made with)`,
    );
  });

  test.each<[string, Partial<TrainOptions>, Partial<TrainOptions>]>([
    ["learningRate", { learningRate: cosine(1e-3) }, { learningRate: cosine(2e-3) }],
    ["learningRate", { learningRate: warmUp(constant(1e-3), 5) }, { learningRate: warmUp(constant(1e-3), 6) }],
    ["beta", { beta: cyclical(1, { cycles: 2 }) }, { beta: cyclical(1, { cycles: 1 }) }],
    [
      "objective.numbers",
      { objective: elboObjective({ capacity: warmUp(constant(5), 3) }) },
      { objective: elboObjective({ capacity: warmUp(constant(5), 4) }) },
    ],
  ])("of another schedule is refused: %s", async (name, first, second) => {
    const resume = await ended(first);
    await expect(run({ ...second, resume })).rejects.toThrow(new RegExp(`another configuration: ${name} "schedule [0-9a-f]{32}" there and`));
    await expect(run({ ...first, resume })).resolves.toBeDefined();
  });

  test("on other data is refused, be it one byte, the order of rows, the scale, labels, or what it is validated on", async () => {
    const resume = await ended();
    const changed = raw(0, 60);
    changed[1000]! ^= 1;
    const turned = raw(0, 60);
    turned.set(raw(1, 1));
    turned.set(raw(0, 1), 64);
    const other =
      /^train: the checkpoint is of other data: data "[0-9a-f]{32}" there and "[0-9a-f]{32}" here \(resume with the same rows in the same order\)$/;
    await expect(run({ resume }, images(changed))).rejects.toThrow(other);
    await expect(run({ resume }, images(turned))).rejects.toThrow(other);
    await expect(run({ resume }, dataset(device, raw(0, 60), { columns: 64, scale: 1 / 17 }))).rejects.toThrow(other);
    await expect(run({ resume }, images(raw(0, 59)))).rejects.toThrow(/other data: rows 60 there and 59 here; data "/);

    const labels = Array.from({ length: 60 }, (_, i) => i % 3);
    const conditional = await ended({}, images(raw(0, 60), labels), 3);
    await expect(run({ resume: conditional }, images(raw(0, 60), labels.toReversed()), 3)).rejects.toThrow(other);

    const validated = await ended({ validation: images(raw(60, 30)) });
    await expect(run({ resume: validated, validation: images(raw(61, 30)) })).rejects.toThrow(/other data: validationData "/);
    await expect(run({ resume: validated })).rejects.toThrow(/other data: validationRows 30 there and 0 here; validationData "/);
  });
});

describe("another number of epochs", () => {
  test("below what is done is refused, and so is one that a schedule is laid out over, which is named", async () => {
    const { checkpoints } = await run({ epochs: 3, checkpointEvery: 1 });
    const at = (step: number): Checkpoint => checkpoints.find(({ state }) => state.step === step)!;
    await expect(run({ epochs: 2, resume: at(12) })).rejects.toThrow(
      "train: epochs is at least 3, which the checkpoint has done, got 2 (give as many or more)",
    );
    await expect(run({ epochs: 2, resume: at(9) })).rejects.toThrow("train: epochs is at least 3, which the checkpoint has begun, got 2");
    const whole = await run({ epochs: 2 });
    for (const step of [7, 8]) expect((await run({ epochs: 2, resume: at(step) })).file).toEqual(whole.file);

    for (const [name, scheduled] of Object.entries({
      learningRate: { learningRate: cosine(1e-2) },
      beta: { beta: cyclical(1, { cycles: 2 }) },
      objective: { objective: elboObjective({ capacity: ({ step, steps }) => step / steps }) },
    })) {
      await expect(run({ ...scheduled, epochs: 4, resume: await ended(scheduled) })).rejects.toThrow(
        `train: ${name} is laid out over the whole run, which was to have 2 epochs, got 4 (resume with 2, or train anew)`,
      );
    }
  });

  test("is taken where schedules go by steps and epochs alone", async () => {
    const scheduled = { learningRate: warmUp(stepList(1e-2, { every: 1, factor: 0.5 }), 6), beta: warmUp(constant(1), 10) };
    const whole = await run({ ...scheduled, epochs: 4 });
    expect((await run({ ...scheduled, epochs: 4, resume: await ended(scheduled) })).file).toEqual(whole.file);
  });
});

describe("a checkpoint that was edited", () => {
  const edited = async (change: (state: TrainingState) => Partial<TrainingState>): Promise<Checkpoint> => {
    const { state, tensors } = await ended();
    return { tensors, state: { ...state, ...change(state) } };
  };

  test.each<[string, (state: TrainingState) => Partial<TrainingState>, string]>([
    ["a report too few", ({ history }) => ({ history: history.slice(1) }), "history has a report for each of the 2 epochs that end by step 8, got 1"],
    [
      "a report too many",
      ({ history }) => ({ history: [...history, history[1]!] }),
      "history has a report for each of the 2 epochs that end by step 8, got 3",
    ],
    ["reports in another order", ({ history }) => ({ history: [...history].reverse() }), "report 1 of the history is of epoch 1, got 2"],
    ["a step of another epoch", () => ({ step: 3 }), "history has a report for each of the 0 epochs that end by step 3, got 2"],
    ["a step beyond the end", () => ({ step: 9 }), "step is at most the 8 of 2 epochs of 4 steps, got 9"],
    ["no steps in an epoch", () => ({ stepsPerEpoch: 0 }), "stepsPerEpoch is a whole number of at least 1, got 0"],
    ["other steps in an epoch", () => ({ step: 2, stepsPerEpoch: 1 }), "sums are 3 numbers for each of the 1 steps of an epoch, got 12"],
    ["no epochs", () => ({ epochs: 0 }), "step is at most the 0 of 0 epochs of 4 steps, got 8"],
  ])("is refused: %s", async (_, change, rule) => {
    const resume = await edited(change);
    const message = `resume: ${rule} in the checkpoint (it is damaged or was edited: go on from another one)`;
    await expect(run({ resume })).rejects.toThrow(new FormatError(message));
    await expect(run({ resume: decodeCheckpoint(encodeCheckpoint(resume)) })).rejects.toThrow(new FormatError(message));
  });

  test.each<[string, object, string]>([
    ["a step that is no number", { step: "8" }, 'step is a whole number, got "8"'],
    ["a part of a step", { step: 7.5 }, "step is a whole number, got 7.5"],
    ["no epochs", { epochs: undefined }, "epochs is a whole number, got nothing"],
    ["a configuration that is none", { config: [] }, "config is an object, got []"],
    ["a history that is none", { history: "12" }, 'history is a list of reports, got "12"'],
    ["reports without losses", { history: [{ epoch: 1 }, { epoch: 2 }] }, 'history is a list of reports, got [{"epoch":1},{"epoch":2}]'],
    ["reports that are nothing", { history: [null, null] }, "history is a list of reports, got [null,null]"],
  ])("is refused: %s", async (_, change, rule) => {
    const resume = await edited(() => change);
    await expect(run({ resume })).rejects.toThrow(`resume: ${rule} in the checkpoint (it is damaged or was edited: go on from another one)`);
  });

  test("is refused where steps and sums agree, but not with the data", async () => {
    const { state, tensors } = await ended();
    const sums = { shape: [24], data: new Float32Array(24) };
    const resume = {
      state: { ...state, stepsPerEpoch: 8, epochs: 1, history: state.history.slice(0, 1) },
      tensors: new Map([...tensors, ["sums", sums]]),
    };
    await expect(run({ resume })).rejects.toThrow(
      "resume: 60 rows in batches of 16 are 4 steps an epoch, got 8 in the checkpoint (it was edited: go on from another one)",
    );
  });

  test("is refused where its tensors are not all there, or not all numbers", async () => {
    const { state, tensors } = await ended({ earlyStopping: { patience: 5 }, validation: images(raw(60, 30)) });
    const resume = (name: string, data?: Float32Array): Promise<unknown> => {
      const changed = new Map(tensors);
      if (data) changed.set(name, { ...tensors.get(name)!, data });
      else changed.delete(name);
      return run({ resume: { state, tensors: changed }, earlyStopping: { patience: 5 }, validation: images(raw(60, 30)) });
    };
    await expect(resume("sums")).rejects.toThrow("resume: sums are 3 numbers for each of the 4 steps of an epoch, got none in the checkpoint");
    for (const name of ["mean.weight", "optimizer.v.output.bias", "best.output.bias"]) {
      await expect(resume(name), name).rejects.toThrow(`resume: the checkpoint has no tensor "${name}"`);
    }
    await expect(resume("best.output.bias", new Float32Array(64).fill(NaN))).rejects.toThrow(
      "resume: a checkpoint's numbers are finite, got NaN in best.output.bias (it was edited: go on from another one)",
    );
  });

  test("or is none leaves the model as it was", async () => {
    const [vae, data] = [new Vae(device, { input: 64, hidden: [12], latent: 3, likelihood: bernoulli(), seed: 3 }), images()];
    const before = await save(vae);
    const { state, tensors } = await ended();
    const without = new Map(tensors);
    without.delete("optimizer.v.output.bias");
    for (const resume of [await edited(() => ({ step: 3 })), { state, tensors: without }]) {
      await expect(train(vae, data, { ...plain, resume }).next()).rejects.toThrow(FormatError);
    }
    for (const resume of [{}, { state: {} }, { state: null, tensors: new Map() }] as unknown as Checkpoint[]) {
      const message = /^train: resume is a checkpoint, \{ state, tensors \}, got .+ \(decodeCheckpoint reads one\)$/;
      await expect(train(vae, data, { ...plain, resume }).next()).rejects.toThrow(message);
    }
    expect(await save(vae)).toEqual(before);
    [vae, data].forEach((owner) => owner.dispose());
  });
});
