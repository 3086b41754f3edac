/** Conditional models: labels as a bias of the first layers, wherever rows go. */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, type Dataset, dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { estimateNll } from "../../src/judge/nll.ts";
import { word } from "../../src/kernel.ts";
import { batchLabels, withLabels } from "../../src/ops/batch_labels.ts";
import { binarise } from "../../src/ops/binarise.ts";
import { mul } from "../../src/ops/binary.ts";
import { conditionalDense } from "../../src/ops/conditional_dense.ts";
import { dense } from "../../src/ops/dense.ts";
import { sum } from "../../src/ops/reduce.ts";
import { concat } from "../../src/ops/shape_ops.ts";
import type { ActivationName } from "../../src/ops/activation.ts";
import { key } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import type { VaeConfig } from "../../src/vae/config.ts";
import { load } from "../../src/vae/files/load.ts";
import { save } from "../../src/vae/files/save.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { elbo } from "../../src/vae/objectives/elbo.ts";
import { dregObjective } from "../../src/vae/objectives/iwae_objective.ts";
import type { Checkpoint } from "../../src/vae/training/checkpoint.ts";
import { train } from "../../src/vae/training/train.ts";
import { Vae } from "../../src/vae/vae.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

/** Runs a training to its end. */
async function finish(run: AsyncIterable<unknown>): Promise<void> {
  for await (const report of run) void report;
}

const [D, L, C, ROWS] = [6, 2, 3, 40];
const plain: VaeConfig = { input: D, hidden: [5, 4], latent: L, likelihood: bernoulli(), seed: 9, activation: "tanh" };
const config: VaeConfig = { ...plain, classes: C };
const labels = Uint8Array.from({ length: ROWS }, (_, i) => (i * 5 + (i >> 2)) % C);
/** Rows that their labels say much of. */
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (labels[Math.floor(i / D)]! === i % C ? 200 : 20) + ((i * 31) % 50));
const rowsOn = (device: Device): Dataset => dataset(device, bytes, { columns: D, scale: 1 / 255, labels });
const u32 = (device: Device, values: readonly number[]): Tensor => tensor(device, values, [values.length], "u32");
const onehot = (of: readonly number[]): number[] => of.flatMap((label) => Array.from({ length: C }, (_, c) => Number(c === label)));

const disposeAll = (...owners: { dispose(): void }[]): void => owners.forEach((owner) => owner.dispose());

await onEachDevice((device) => {
  test.each<[ActivationName, number]>([
    ["tanh", 1],
    ["identity", 1],
    ["leakyRelu", 2],
    ["gelu", 3],
  ])(
    "a conditional layer with %s and %i samples is a dense layer of rows with one-hot labels beside them, and so are its gradients",
    async (activation, S) => {
      const own = [2, 0, 2, 1];
      const [x, W, b, condition, dy] = make(device, [S * 4, 3], [3, 5], [5], [C, 5], [S * 4, 5]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
      const beside = tensor(device, onehot(Array.from({ length: S }, () => own).flat()), [S * 4, C]);
      const sources = [x, W, b, condition];
      const got = conditionalDense(x, W, b, condition, u32(device, own), { activation });
      const want = dense(concat([x, beside], 1), concat([W, condition], 0), b, { activation });
      await expectSame("y", got, want, 8);
      const [ours, theirs] = [got, want].map((y) => grad(sum(mul(y, dy)), sources));
      for (const i of sources.keys()) await expectSame(`gradient ${i}`, ours![i]!, theirs![i]!, 3 * S * 4);
    },
  );

  test("a batch has the labels of its rows: consecutive, permuted, from an offset that changes, and after binarisation", async () => {
    const data = rowsOn(device);
    const order = [6, 1, 4, 38, 5, 4]; // of labels 1, 2, 0, 1, 2, 0
    const index = u32(device, order);
    const of = (rows: readonly number[]): number[] => rows.map((row) => labels[row]!);
    const read = async (t: Tensor | undefined): Promise<number[]> => Array.from(await t!.read());
    expect(await read(batchOf(data, 4, 10).labels)).toEqual(of([10, 11, 12, 13]));
    expect(await read(batchOf(data, 3, 2, index.slice).labels)).toEqual(of([4, 38, 5]));
    expect(await read(binarise(batchOf(data, 6, 0, index.slice), key(0)).labels)).toEqual(of(order));
    const out = device.alloc("u32", 3, "unscoped");
    const step = device.capture({ offset: "u32" }, () =>
      device.scope(() => device.copy(batchLabels(data.labels!, 3, word("offset"), index.slice).slice, out)),
    );
    for (const offset of [3, 1]) {
      step.replay([{ offset }]);
      expect(Array.from(await device.read(out))).toEqual(of(order.slice(offset, offset + 3)));
    }
    step.dispose();
    device.free(out);
    disposeAll(data, index);
  });

  test("the same rows have other losses under other labels, and the data set's labels are those that a batch is given by hand", async () => {
    const [vae, data] = [new Vae(device, config), rowsOn(device)];
    const x = tensor(
      device,
      Float64Array.from(bytes.subarray(0, 4 * D), (v) => v / 255),
      [4, D],
    );
    const bound = (of: ArrayLike<number>): Tensor => elbo(vae, withLabels(x, u32(device, Array.from(of))), { noise: key(4), samples: 2 }).objective;
    const own = bound(labels.subarray(0, 4));
    await expectSame("objective", elbo(vae, batchOf(data, 4), { noise: key(4), samples: 2 }).objective, own, 40);
    expect(Math.abs((await bound([0, 0, 0, 0]).read())[0]! - (await own.read())[0]!)).toBeGreaterThan(1e-3);
    disposeAll(vae, data, x);
  });

  test("training is the same bits captured and launch by launch, learns what labels say, and leaves nothing behind", async () => {
    const data = rowsOn(device);
    const { live } = device.memory();
    const run = async (capture: boolean): Promise<{ values: ArrayLike<number>; losses: number[] }> => {
      const vae = new Vae(device, config);
      const losses = [];
      const options = { epochs: 3, batchSize: 16, learningRate: 0.02, seed: 3, capture, binarise: true, validation: data };
      for await (const { negElbo, validation } of train(vae, data, options)) losses.push(negElbo, validation!.negElbo);
      const values = await device.read(vae.parameters.value);
      vae.dispose();
      return { values, losses };
    };
    const [captured, eager] = [await run(true), await run(false)];
    expect(captured).toEqual(eager);
    expect(captured.losses.at(-1)!).toBeLessThan(captured.losses[1]!);
    expect(device.memory().live).toBe(live);
    data.dispose();
  });

  test("samples, reconstructions, posteriors and decoded latents take labels, one for all rows or one for each", async () => {
    const [vae, data] = [new Vae(device, config), rowsOn(device)];
    const { live } = device.memory();
    const each = await vae.sample(3, key(1), { label: [0, 1, 2] });
    const all = await Promise.all([0, 1, 2].map((label) => vae.sample(3, key(1), { label })));
    const near = (got: ArrayLike<number>, want: ArrayLike<number>): void => {
      Array.from(want, (value, i) => expect(Math.abs(value - got[i]!)).toBeLessThanOrEqual(20 * 2 ** -23));
    };
    all.forEach((rows, c) => near(each.subarray(c * D, (c + 1) * D), rows.subarray(c * D, (c + 1) * D)));
    expect(all[0]).not.toEqual(all[1]);
    const { mean } = await vae.posterior(data);
    near(await vae.reconstruct(data), await vae.decodeLatents(mean, { label: labels }));
    expect(await vae.decodeLatents(mean, { label: 0 })).not.toEqual(await vae.reconstruct(data));
    const half = await vae.decoder({ precision: "f16" });
    const rounded = await half.sample(3, key(1), { label: [0, 1, 2] });
    rounded.forEach((value, i) => expect(Math.abs(value - each[i]!)).toBeLessThan(0.01));
    half.dispose();
    expect(device.memory().live).toBe(live);
    disposeAll(vae, data);
  });

  test("evaluation and the estimate of −log p(x) use the labels of the rows", async () => {
    const [vae, data] = [new Vae(device, config), rowsOn(device)];
    const constant = dataset(device, bytes, { columns: D, scale: 1 / 255, labels: new Uint8Array(ROWS) });
    const [own, other] = [await evaluate(vae, data), await evaluate(vae, constant)];
    const x = device.scope(() => elbo(vae, batchOf(data, ROWS), { noise: key(0), parameters: vae.parameters.frozen() }).kl);
    const kl = Array.from(await x.read()).reduce((total, value) => total + value, 0) / ROWS;
    expect(Math.abs(own.kl.mean - kl)).toBeLessThan(1e-5);
    expect(own.kl.mean).not.toBe(other.kl.mean);
    const [nll, elsewhere] = [await estimateNll(vae, data, { samples: 20 }), await estimateNll(vae, constant, { samples: 20 })];
    labels.forEach((label, row) => {
      if (label === 0) expect(nll.ofRows[row]).toBe(elsewhere.ofRows[row]);
      else expect(nll.ofRows[row]).not.toBe(elsewhere.ofRows[row]);
    });
    disposeAll(vae, data, constant, x);
  });

  test("a file has the condition in PyTorch's layout, and gives the model back", async () => {
    const [vae, data] = [new Vae(device, config), rowsOn(device)];
    const bytes = await save(vae, { classes: ["ant", "bee", "cow"] });
    const { tensors } = readSafetensors(bytes);
    expect([tensors.get("encoder.condition.weight")!.shape, tensors.get("decoder.condition.weight")!.shape]).toEqual([
      [5, C],
      [4, C],
    ]);
    const values = await vae.parameters.tensors.get("encoder.condition.weight")!.read();
    expect(tensors.get("encoder.condition.weight")!.data[4 * C + 1]).toBe(values[1 * 5 + 4]);
    const again = load(device, bytes);
    expect(again.about.classes).toEqual(["ant", "bee", "cow"]);
    expect(await again.vae.reconstruct(data)).toEqual(await vae.reconstruct(data));
    disposeAll(vae, again.vae, data);
  });
});

test("the gradient by labels is the difference of the value, samples and repeated labels included", async () => {
  const shapes = [[2 * 4, 3], [3, 5], [5], [C, 5]].map((shape, i) => normals(i, shape));
  await checkGradient((x, W, b, condition) => conditionalDense(x, W, b, condition, u32(x.device, [2, 0, 2, 1]), { activation: "silu" }), shapes);
});

test("the gradient of a conditional model's bound by its conditions is the difference of the value", async () => {
  const device = new CpuDevice({ precision: "f64" });
  const [vae, data] = [new Vae(device, config), rowsOn(device)];
  for (const name of ["encoder.condition.weight", "decoder.condition.weight"]) {
    const condition = vae.parameters.tensors.get(name)!;
    const loss = (): Tensor => boundOf(vae, data);
    const direction = normals(5, condition.shape).data;
    const gradient = await grad(loss(), [condition])[0]!.read();
    const at = await condition.read();
    const value = async (h: number): Promise<number> => {
      device.write(
        condition.slice,
        Float64Array.from(at, (v, i) => v + h * direction[i]!),
      );
      return (await loss().read())[0]!;
    };
    const numeric = ((await value(1e-5)) - (await value(-1e-5))) / 2e-5;
    const exact = Array.from(gradient).reduce((total, g, i) => total + g * direction[i]!, 0);
    expect(Math.abs(numeric)).toBeGreaterThan(1e-3);
    expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(1e-6);
    device.write(condition.slice, at);
  }
  await device.close();
});

function boundOf(vae: Vae, data: Dataset): Tensor {
  return elbo(vae, batchOf(data, 20, 3), { noise: key(1), samples: 3 }).objective;
}

test("a run resumed from a checkpoint has the bits of one that was not interrupted, its bound one of several samples", async () => {
  const device = await openDevice("cpu");
  const data = rowsOn(device);
  const options = { epochs: 3, batchSize: 16, seed: 3, objective: dregObjective({ samples: 2 }) };
  const [whole, resumed] = [new Vae(device, config), new Vae(device, config)];
  const kept: Checkpoint[] = [];
  await finish(train(whole, data, { ...options, checkpointEvery: 4, onCheckpoint: (c) => Promise.resolve(void kept.push(c)) }));
  await finish(train(resumed, data, { ...options, resume: kept[0]! }));
  expect(await device.read(resumed.parameters.value)).toEqual(await device.read(whole.parameters.value));
  const other = train(new Vae(device, plain), data, { ...options, resume: kept[0]! });
  await expect(other.next()).rejects.toThrow("classes 3 there and nothing here");
  await device.close();
});

test("the first weights of a model without classes do not depend on there being labels", async () => {
  const device = await openDevice("cpu");
  const data = rowsOn(device);
  const [vae, unlabelled] = [new Vae(device, plain), dataset(device, bytes, { columns: D, scale: 1 / 255 })];
  expect([...vae.parameters.tensors.keys()].filter((name) => name.includes("condition"))).toEqual([]);
  expect(await vae.reconstruct(data)).toEqual(await vae.reconstruct(unlabelled));
  await device.close();
});

describe("bad input", () => {
  test("is refused in one line that says what to do, and the device stays usable", async () => {
    const device = await openDevice("cpu");
    const [vae, data] = [new Vae(device, config), rowsOn(device)];
    const unconditional = new Vae(device, plain);
    const { live } = device.memory();
    const set = (own?: ArrayLike<number>): Dataset => dataset(device, bytes, { columns: D, ...(own && { labels: Array.from(own) }) });
    expect(() => set([0, 1])).toThrow(
      "dataset: there is one label for each row, got 2 labels for 40 rows (of a part of the rows take the same part)",
    );
    expect(() => set(new Float64Array(ROWS).fill(0.5))).toThrow(
      "dataset: labels are whole numbers from 0 to 2^32 − 1, found 0.5 at row 0 (number the classes from 0)",
    );
    expect(device.memory().live).toBe(live);
    const [without, unknown] = [set(), set(labels.map((label, i) => (i === 7 ? 3 : label)))];
    const how = "(dataset(device, data, { columns, labels }), or withLabels(x, labels))";
    const run = (bad: Dataset, options = {}): Promise<unknown> => train(vae, bad, { epochs: 1, batchSize: 8, seed: 0, ...options }).next();
    await expect(run(without)).rejects.toThrow(`train: the model has 3 classes, got data without labels ${how}`);
    await expect(run(data, { validation: without })).rejects.toThrow(`train: the model has 3 classes, got data without labels ${how}`);
    await expect(run(unknown)).rejects.toThrow("train: labels of a model of 3 classes are 0 to 2, found 3 at row 7");
    await expect(evaluate(vae, without)).rejects.toThrow("evaluate: the model has 3 classes, got data without labels");
    await expect(estimateNll(vae, unknown)).rejects.toThrow("estimateNll: labels of a model of 3 classes are 0 to 2, found 3 at row 7");
    await expect(vae.posterior(without)).rejects.toThrow("posterior: the model has 3 classes, got data without labels");
    await expect(vae.reconstruct(without)).rejects.toThrow("reconstruct: the model has 3 classes, got data without labels");
    await expect(vae.sample(2, key(0))).rejects.toThrow("sample: the model has 3 classes, got no label ({ label: 0 } to { label: 2 })");
    await expect(vae.sample(2, key(0), { label: 3 })).rejects.toThrow("sample: labels of a model of 3 classes are 0 to 2, got 3");
    await expect(vae.sample(2, key(0), { label: [0, 1, 2] })).rejects.toThrow(
      "sample: there is one label for each of 2 rows, or one for all, got 3 of them",
    );
    await expect(unconditional.sample(2, key(0), { label: 1 })).rejects.toThrow(
      "sample: the model has no classes, got label 1 (leave it out, or make the model with classes)",
    );
    const [z, x] = make(device, [2, L], [2, D]) as [Tensor, Tensor];
    expect(() => vae.decode(z)).toThrow("decode: the model has 3 classes, got no labels (a u32 tensor, one for each row of z)");
    expect(() => elbo(vae, x, { noise: key(0) })).toThrow(`vae: the model has 3 classes, got rows without labels ${how}`);
    const beyond = "labels of a model of 3 classes are 0 to 2, found 3 at row 1";
    expect(() => vae.decode(z, undefined, u32(device, [0, 3]))).toThrow(new RangeError(`decode: ${beyond}`));
    expect(() => vae.encode(withLabels(x, u32(device, [0, 3])), key(0))).toThrow(new RangeError(`vae: ${beyond}`));
    expect(() => elbo(vae, withLabels(x, u32(device, [0, 3])), { noise: key(0) })).toThrow(new RangeError(`vae: ${beyond}`));
    expect(() => vae.encode(batchOf(unknown, 2), key(0))).toThrow(new RangeError("vae: labels of a model of 3 classes are 0 to 2, found 3 at row 7"));
    expect(() => withLabels(x, u32(device, [1]))).toThrow("withLabels: labels has shape [2], one for each row, got [1]");
    expect(() => withLabels(x, tensor(device, [1, 2]))).toThrow("withLabels: labels is u32, got f32");
    const [W, b, condition] = make(device, [D, 5], [5], [C, 4]) as [Tensor, Tensor, Tensor];
    expect(() => conditionalDense(x, W, b, condition, u32(device, [0, 1]))).toThrow(
      "conditionalDense: condition is [classes, outputs], got [3, 4] for W of [6, 5]",
    );
    expect(() => new Vae(device, { ...config, classes: 0 })).toThrow("vae: classes is a whole number of at least 1, got 0");
    expect(() => new Vae(device, { ...config, hidden: [] })).toThrow(
      "vae: hidden layers take the condition, got classes 3 and none of them in encoder or decoder (add one)",
    );
    expect((await vae.sample(2, key(0), { label: 1 })).every(Number.isFinite)).toBe(true);
    await device.close();
  });
});
