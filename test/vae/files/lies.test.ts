/** Model files whose parts do not fit together: refused before anything is allocated, whatever they claim. */
import { expect, test, vi } from "vitest";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { ModelAbout } from "../../../src/vae/files/about.ts";
import { load } from "../../../src/vae/files/load.ts";
import { save, type StoredConfig } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { mixture } from "../../../src/vae/priors/mixture.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";

interface Parts {
  readonly tensors: Map<string, StoredTensor>;
  readonly config: Record<string, unknown>;
  readonly about: Record<string, unknown>;
}

/** Of the model whose parts the lies are told of. */
const about: ModelAbout = {
  data: "made up",
  names: ["a", "b", "c", "d"],
  classes: ["ant", "bee"],
  scaling: { kind: "standard", scale: [1, 2, 3, 4], shift: [0, 0, 0, 1] },
  width: 2,
  height: 2,
};
const sizes = { input: 4, hidden: [3], latent: 2, likelihood: bernoulli(), prior: mixture({ components: 2 }), classes: 2, seed: 0 };

const cpu = await openDevice("cpu");
const honest = await save(new Vae(cpu, sizes), about);

function file(change: (parts: Parts) => void): Uint8Array {
  const { tensors, metadata } = readSafetensors(honest);
  const [config, stored] = ["config", "about"].map((name) => JSON.parse(metadata.get(name)!) as Record<string, unknown>);
  const parts = { tensors, config: config!, about: stored! };
  change(parts);
  return writeSafetensors(tensors, new Map([...metadata, ["config", JSON.stringify(parts.config)], ["about", JSON.stringify(parts.about)]]));
}

/** The message of what opening such a file throws, which allocates nothing. */
function refusal(device: Device, bytes: Uint8Array): string {
  const alloc = vi.spyOn(device, "alloc");
  try {
    load(device, bytes, { file: "m" });
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    expect(alloc).not.toHaveBeenCalled();
    return (error as FormatError).message;
  } finally {
    alloc.mockRestore();
  }
  return "it is a model";
}

const claims: readonly [Partial<StoredConfig>, string][] = [
  [{ hidden: [20_000, 20_000] }, 'load: "encoder.0.weight" of m has the model\'s shape [20000, 4], got [3, 4]'],
  [{ hidden: [3, 3] }, 'load: m has no tensor "encoder.1.weight" (it is of another model, or not complete)'],
  [{ hidden: new Array<number>(1e6).fill(3) }, 'load: m has no tensor "encoder.1.weight" (it is of another model, or not complete)'],
  [{ input: 2 ** 53 - 1 }, 'load: "encoder.0.weight" of m has the model\'s shape [3, 9007199254740991], got [3, 4]'],
  [{ latent: 1e9 }, 'load: "mean.weight" of m has the model\'s shape [1000000000, 3], got [2, 3]'],
  [{ decoderHidden: [1e12] }, 'load: "decoder.0.weight" of m has the model\'s shape [1000000000000, 2], got [3, 2]'],
  [{ classes: 1e9 }, 'load: "encoder.condition.weight" of m has the model\'s shape [3, 1000000000], got [3, 2]'],
  [{ priorOptions: { components: 65_536 } }, 'load: "prior.means" of m has the model\'s shape [65536, 2], got [2, 2]'],
  [{ likelihood: "gaussianHead", likelihoodOptions: {} }, 'load: "output.weight" of m has the model\'s shape [8, 3], got [4, 3]'],
  [{ likelihood: "gaussianLearned", likelihoodOptions: {} }, 'load: m has no tensor "likelihood.logVar" (it is of another model, or not complete)'],
  [{ prior: "vampPrior", priorOptions: { pseudoInputs: 1 } }, "load: the config in m cannot be used (vae: pseudo-inputs have no labels"],
];

await onEachDevice((device) => {
  test.each(claims)("a configuration that is not that of the tensors is refused before anything is allocated, %#", (claim, message) => {
    expect(
      refusal(
        device,
        file(({ config }) => Object.assign(config, claim)),
      ),
    ).toContain(message);
  });

  test.each<[string, StoredTensor, string]>([
    ["NaN", { shape: [2], data: Float32Array.of(1, NaN) }, '"mean.bias" of m is finite in f32, got NaN at 1 (use a file of a run that went well)'],
    ["an infinity", { shape: [2], data: Float64Array.of(-Infinity, 1) }, '"mean.bias" of m is finite in f32, got -Infinity at 0'],
    ["what is too large for f32", { shape: [2], data: Float64Array.of(0, 1e39) }, '"mean.bias" of m is finite in f32, got 1e+39 at 1'],
    ["integers", { shape: [2], data: Int32Array.of(1, 2) }, '"mean.bias" of m holds floating-point numbers, got Int32Array (convert it, to F32'],
    ["another shape of the same size", { shape: [2, 1], data: Float32Array.of(1, 2) }, '"mean.bias" of m has the model\'s shape [2], got [2, 1]'],
  ])("weights are refused that are %s", (_, stored, message) => {
    expect(
      refusal(
        device,
        file(({ tensors }) => tensors.set("mean.bias", stored)),
      ),
    ).toContain(message);
  });
});

test("a parameter that the model does not have is refused, and other tensors are passed over", () => {
  const one = { shape: [1], data: Float32Array.of(NaN) };
  for (const name of ["encoder.1.weight", "likelihood.logVar", "prior.x"]) {
    expect(
      refusal(
        cpu,
        file(({ tensors }) => tensors.set(name, one)),
      ),
    ).toBe(`load: m holds the model's parameters, got another one, "${name}" (it is of another model)`);
  }
  expect(
    refusal(
      cpu,
      file(({ tensors }) => tensors.set("note", one).set("encoder.0.count", { shape: [1], data: Int32Array.of(7) })),
    ),
  ).toBe("it is a model");
});

test.each<[Record<string, unknown>, string]>([
  [{ data: 7 }, "about.data is a text, got 7"],
  [{ names: "abcd" }, 'about.names is a list of texts, got "abcd"'],
  [{ names: { length: 4 } }, "about.names is a list of texts, got an object"],
  [{ names: ["a", "b", "c", 4] }, "about.names is a list of texts, got 4 at 3"],
  [{ names: ["a", "b", "c"] }, "about.names are those of the model's 4 columns, got 3"],
  [{ classes: ["ant"] }, "about.classes are those of the model's 2 classes, got 1"],
  [{ classes: [null, "b"] }, "about.classes is a list of texts, got null at 0"],
  [{ width: 0 }, "about.width is a whole number of pixels of at least 1, got 0"],
  [{ height: "2" }, 'about.height is a whole number of pixels of at least 1, got "2"'],
  [{ width: 3 }, "about.width·height·channels are the 4 columns of the model, got 3·2·1"],
  [{ channels: 2 }, "about.channels is 1 or 3, got 2"],
  [{ channels: 3 }, "about.width·height·channels are the 4 columns of the model, got 2·2·3"],
  [{ scaling: "log" }, 'the scaling\'s kind is none, unit, minmax, standard, got "log"'],
  [{ scaling: ["unit"] }, "the scaling's kind is none, unit, minmax, standard, got an array"],
])("what a file says of its data is refused, %j", (change, rule) => {
  expect(
    refusal(
      cpu,
      file(({ about }) => Object.assign(about, change)),
    ),
  ).toBe(`load: in m, ${rule}`);
});

test.each<[string, StoredTensor | undefined, string]>([
  ["scale", { shape: [4], data: Float64Array.of(1, 0, 1, 1) }, "the scaling's scale is finite and not 0, got 0 at 1"],
  ["scale", { shape: [4], data: Float64Array.of(1, 1, NaN, 1) }, "the scaling's scale is finite and not 0, got NaN at 2"],
  ["shift", { shape: [4], data: Float64Array.of(1, 1, 1, Infinity) }, "the scaling's shift is finite, got Infinity at 3"],
  ["scale", { shape: [3], data: Float64Array.of(1, 1, 1) }, "the scaling has one value or one for each of 4 columns, got 3 of scale and 4 of shift"],
  ["shift", undefined, "the scaling's shift is a list of numbers, got undefined"],
  ["scale", { shape: [4], data: Uint8Array.of(1, 1, 1, 1) }, "the scaling's scale is a list of numbers, got undefined"],
])("a %s of the scaling is refused, %#", (name, stored, rule) => {
  const change = ({ tensors }: Parts): unknown => (stored ? tensors.set(`scaling.${name}`, stored) : tensors.delete(`scaling.${name}`));
  expect(
    refusal(
      cpu,
      file((parts) => void change(parts)),
    ),
  ).toBe(`load: in m, ${rule}`);
});

test("save refuses what load would", async () => {
  const vae = new Vae(cpu, sizes);
  await expect(save(vae, { ...about, names: ["a"] })).rejects.toThrow(new RangeError("save: about.names are those of the model's 4 columns, got 1"));
  await expect(save(vae, { width: "2" as never })).rejects.toThrow(TypeError);
  await expect(save(vae, { scaling: { kind: "unit", scale: [0], shift: [0] } })).rejects.toThrow(
    new RangeError("save: the scaling's scale is finite and not 0, got 0 at 0"),
  );
});
