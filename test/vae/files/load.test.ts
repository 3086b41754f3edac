import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import { openDevice } from "../../../src/device/open.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../../src/formats/safetensors.ts";
import type { VaeConfig } from "../../../src/vae/config.ts";
import { load } from "../../../src/vae/files/load.ts";
import type { ModelAbout } from "../../../src/vae/files/about.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { continuousBernoulli } from "../../../src/vae/likelihoods/continuous_bernoulli.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../../src/vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood } from "../../../src/vae/likelihoods/likelihood.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";

const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const likelihoods: readonly Likelihood[] = [
  bernoulli(),
  continuousBernoulli(),
  gaussian({ variance: 0.3 }),
  gaussianLearned(),
  gaussianHead({ floor: 1e-3 }),
];
const config: VaeConfig = { input: 6, hidden: [5, 4], latent: 2, likelihood: bernoulli(), seed: 9, activation: "tanh", decoderActivation: "gelu" };
const values = Float64Array.from({ length: 30 }, (_, i) => ((i * 37) % 101) / 101);

await onEachDevice((device) => {
  test.each(likelihoods)("a saved $name model opens to the same model, byte for byte, with all that it knows of its data", async (likelihood) => {
    const vae = new Vae(device, { ...config, likelihood });
    const about: ModelAbout = {
      data: "made up",
      names: ["a", "b", "c", "d", "e", "f"],
      scaling: { kind: "standard", scale: [1, 2, 3, 1 / 3, 0.1, 1e-7], shift: [0, -1, 2, 0.5, 0, 7] },
    };
    const bytes = await save(vae, about);
    const opened = load(device, bytes);
    expect(opened.about).toEqual(about);
    expect(await save(opened.vae, opened.about)).toEqual(bytes);
    const data = dataset(device, values, { columns: 6 });
    expect(await opened.vae.reconstruct(data)).toEqual(await vae.reconstruct(data));
    [vae, opened.vae, data].forEach((owner) => owner.dispose());
  });

  test("the model of version 1 that is kept here still opens, and gives what PyTorch computed with its weights", async () => {
    const { vae } = load(device, readFileSync(fixture("model_v1.safetensors")));
    const want = JSON.parse(readFileSync(fixture("model_v1.json"), "utf8")) as { x: number[]; reconstruction: number[] };
    const data = dataset(device, want.x, { columns: 6 });
    const got = await vae.reconstruct(data);
    got.forEach((value, i) => expect(Math.abs(value - want.reconstruction[i]!)).toBeLessThanOrEqual(device.name === "cpu" ? 1e-6 : 5e-6));
    [vae, data].forEach((owner) => owner.dispose());
  });
});

/** A Python that has PyTorch: the one on the path, or Debian's own, for which `python3-torch` is packaged. */
const python = ["python3", "/usr/bin/python3"].find((name) => spawnSync(name, ["-c", "import torch"]).status === 0);

test.skipIf(!python)("PyTorch opens a model saved now, and computes the same reconstructions to 1e-6", async () => {
  const device = await openDevice("cpu");
  const vae = new Vae(device, config);
  const folder = mkdtempSync(join(tmpdir(), "elbograd-torch-"));
  writeFileSync(join(folder, "model.safetensors"), await save(vae));
  const out = execFileSync(python!, [fixture("reconstruct.py"), join(folder, "model.safetensors")], { input: JSON.stringify([...values]) });
  const want = JSON.parse(out.toString()) as number[];
  const got = await vae.reconstruct(dataset(device, values, { columns: 6 }));
  expect(want).toHaveLength(30);
  got.forEach((value, i) => expect(Math.abs(value - want[i]!)).toBeLessThanOrEqual(1e-6));
  rmSync(folder, { recursive: true });
});

describe("a model file that is not right", () => {
  const open = async (change: (tensors: Map<string, StoredTensor>, metadata: Map<string, string>) => void): Promise<unknown> => {
    const device = await openDevice("cpu");
    const { tensors, metadata } = readSafetensors(await save(new Vae(device, config)));
    change(tensors, metadata);
    const live = device.memory().live;
    try {
      return load(device, writeSafetensors(tensors, metadata), { file: "m.safetensors" });
    } finally {
      expect(device.memory().live).toBe(live);
    }
  };

  test.each<[string, string, (tensors: Map<string, StoredTensor>, metadata: Map<string, string>) => unknown]>([
    ["of another version", "load: m.safetensors has format version 2, this program knows 1 (update elbograd)", (_, m) => m.set("version", "2")],
    ["of another program", "load: m.safetensors is no elbograd model, its format is not stated", (_, m) => m.clear()],
    ["without a tensor", 'load: m.safetensors has no tensor "mean.bias"', (t) => t.delete("mean.bias")],
    [
      "with a tensor of another shape",
      'load: "output.bias" of m.safetensors has the model\'s shape [6], got [2]',
      (t) => t.set("output.bias", { shape: [2], data: new Float32Array(2) }),
    ],
    ["with a damaged configuration", "load: the config in m.safetensors cannot be read (the file is damaged)", (_, m) => m.set("config", "{")],
    ["with a configuration of other kinds", "load: the config in m.safetensors cannot be read", (_, m) => m.set("config", '{"input":6}')],
    [
      "with sizes that are none",
      "load: the config in m.safetensors cannot be used (vae: latent is a whole number of at least 1, got 0)",
      (_, m) => m.set("config", m.get("config")!.replace('"latent":2', '"latent":0')),
    ],
    [
      "with an unknown likelihood",
      'load: m.safetensors has the likelihood "poisson", which is none of bernoulli, ',
      (_, m) => m.set("config", m.get("config")!.replace('"bernoulli"', '"poisson"')),
    ],
  ])("is refused, %s", async (_, message, change) => {
    await expect(open((tensors, metadata) => void change(tensors, metadata))).rejects.toThrow(FormatError);
    await expect(open((tensors, metadata) => void change(tensors, metadata))).rejects.toThrow(message);
  });
});
