/** Parameters by name: taken from a model on one device, given to one on another. */
import { expect, test } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../../src/formats/safetensors.ts";
import { restoreStateDict, stateDict } from "../../../src/vae/files/state_dict.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import { mixture } from "../../../src/vae/priors/mixture.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { devices } from "../../support/conformance.ts";

const all = [...(await devices()), new CpuDevice({ precision: "f64" })];
const of = (device: Device, seed: number): Vae =>
  new Vae(device, { input: 5, hidden: [7, 3], latent: 2, likelihood: gaussianLearned(), prior: mixture({ components: 3 }), classes: 2, seed });

/** A model on each device that the suite opened, and what it is called. */
const each = all.map((device): [string, Device] => [`${device.name} ${device.info.precision}`, device]);

test.each(each)("what stateDict takes from a model on %s has PyTorch's names and shapes [out, in]", async (_, device) => {
  const vae = of(device, 1);
  expect(Object.fromEntries(Array.from(await stateDict(vae), ([name, { shape }]) => [name, shape]))).toEqual({
    "encoder.0.weight": [7, 5],
    "encoder.0.bias": [7],
    "encoder.condition.weight": [7, 2],
    "encoder.1.weight": [3, 7],
    "encoder.1.bias": [3],
    "mean.weight": [2, 3],
    "mean.bias": [2],
    "logVar.weight": [2, 3],
    "logVar.bias": [2],
    "decoder.0.weight": [3, 2],
    "decoder.0.bias": [3],
    "decoder.condition.weight": [3, 2],
    "decoder.1.weight": [7, 3],
    "decoder.1.bias": [7],
    "output.weight": [5, 7],
    "output.bias": [5],
    "likelihood.logVar": [5],
    "prior.means": [3, 2],
    "prior.logVars": [3, 2],
    "prior.logits": [3],
  });
  vae.dispose();
});

test.each(each.filter(([, { info }]) => info.precision === "f32"))(
  "from a model on %s parameters pass to one on any device, in memory and by way of a file, and back to the same bits",
  async (_, device) => {
    const vae = of(device, 1);
    const state = await stateDict(vae);
    const { tensors } = readSafetensors(writeSafetensors(state));
    expect(tensors).toEqual(state);
    for (const other of all) {
      const twin = of(other, 2);
      restoreStateDict(twin, tensors);
      const values = (map: ReadonlyMap<string, StoredTensor>): number[] => [...map.values()].flatMap(({ data }) => Array.from(data as Float32Array));
      const got = await stateDict(twin);
      expect([...got.keys()]).toEqual([...state.keys()]);
      expect(values(got)).toEqual(values(state));
      const again = of(device, 3);
      restoreStateDict(again, got);
      expect(await device.read(again.parameters.value)).toEqual(await device.read(vae.parameters.value));
      [twin, again].forEach((owner) => owner.dispose());
    }
    vae.dispose();
  },
);

test.each(each)("half precision restores what it holds exactly, on %s", async (_, device) => {
  const [vae, want] = [of(device, 1), Float32Array.of(1, -2, 0.333251953125, 2 ** -14, 65504)];
  const header = JSON.stringify({ b: { dtype: "F16", shape: [5], data_offsets: [0, 10] } });
  const bytes = Uint8Array.of(
    header.length,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    ...new TextEncoder().encode(header),
    ...[0x00, 0x3c, 0, 0xc0, 0x55, 0x35, 0, 4, 0xff, 0x7b],
  );
  restoreStateDict(vae, new Map<string, StoredTensor>([...(await stateDict(vae)), ["output.bias", readSafetensors(bytes).tensors.get("b")!]]));
  expect(Array.from((await stateDict(vae)).get("output.bias")!.data)).toEqual([...want]);
  vae.dispose();
});

const f32 = (shape: number[], ...values: number[]): StoredTensor => ({ shape, data: Float32Array.from(values) });

test.each<[string, (tensors: Map<string, StoredTensor>) => unknown, Error]>([
  [
    "one is missing",
    (t) => t.delete("prior.logits"),
    new RangeError('restoreStateDict: the map has no tensor "prior.logits" (it is of another model, or not complete)'),
  ],
  [
    "one is of another shape",
    (t) => t.set("output.bias", f32([1, 5], 1, 2, 3, 4, 5)),
    new RangeError('restoreStateDict: "output.bias" of the map has the model\'s shape [5], got [1, 5]'),
  ],
  [
    "a weight is transposed",
    (t) => t.set("mean.weight", f32([3, 2], 1, 2, 3, 4, 5, 6)),
    new RangeError('restoreStateDict: "mean.weight" of the map has the model\'s shape [2, 3], got [3, 2]'),
  ],
  [
    "one has no shape",
    (t) => t.set("mean.bias", { data: new Float32Array(2) } as never),
    new RangeError('restoreStateDict: "mean.bias" of the map has the model\'s shape [2], got none'),
  ],
  ["one has too few values", (t) => t.set("mean.bias", f32([2], 1)), new RangeError('restoreStateDict: "mean.bias" of the map is [2], got 1 values')],
  [
    "one is not finite",
    (t) => t.set("prior.logits", f32([3], 1, 2, NaN)),
    new RangeError('restoreStateDict: "prior.logits" of the map is finite in f32, got NaN at 2 (use a file of a run that went well)'),
  ],
  [
    "one holds bigints",
    (t) => t.set("mean.bias", { shape: [2], data: BigInt64Array.of(1n, 2n) }),
    new TypeError('restoreStateDict: "mean.bias" of the map holds floating-point numbers, got BigInt64Array (convert it, to F32 for example)'),
  ],
  [
    "one is a plain list",
    (t) => t.set("mean.bias", { shape: [2], data: [1, 2] } as never),
    new TypeError('restoreStateDict: "mean.bias" of the map holds floating-point numbers, got Array (convert it, to F32 for example)'),
  ],
  [
    "there is one too many",
    (t) => t.set("decoder.2.bias", f32([1], 0)),
    new RangeError('restoreStateDict: the map holds the model\'s parameters, got another one, "decoder.2.bias" (it is of another model)'),
  ],
])("nothing is restored where %s", async (_, change, error) => {
  for (const device of all) {
    const [vae, other] = [of(device, 1), of(device, 2)];
    const before = await device.read(vae.parameters.value);
    const tensors: Map<string, StoredTensor> = await stateDict(other);
    change(tensors);
    const message = device.info.precision === "f64" ? error.message.replace("in f32", "in f64") : error.message;
    expect(() => restoreStateDict(vae, tensors)).toThrow(new (error.constructor as ErrorConstructor)(message));
    expect(await device.read(vae.parameters.value)).toEqual(before);
    [vae, other].forEach((owner) => owner.dispose());
  }
});

test("tensors that are no map are refused, and names that are no parameters' are passed over", async () => {
  const device = all[0]!;
  const vae = new Vae(device, { input: 3, hidden: [2], latent: 1, likelihood: bernoulli(), seed: 0 });
  for (const odd of [{}, [], null, undefined]) {
    expect(() => restoreStateDict(vae, odd as never)).toThrow("restoreStateDict: tensors is a Map, got ");
  }
  const tensors: Map<string, StoredTensor> = await stateDict(vae);
  restoreStateDict(
    vae,
    tensors
      .set("scaling.scale", f32([1], 0))
      .set("__proto__", f32([1], NaN))
      .set("encoder.0.count", { shape: [], data: BigInt64Array.of(1n) }),
  );
  const data = dataset(device, [0, 1, 0.5], { columns: 3 });
  expect((await vae.reconstruct(data)).every(Number.isFinite)).toBe(true);
});
