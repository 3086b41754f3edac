/** `train --condition` and what is done with the model: labels by name, from the file to the samples. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.ts";
import { parseOptions } from "../../src/cli/options.ts";
import { checkOptions } from "../../src/cli/training/check_options.ts";
import { TRAIN_OPTIONS } from "../../src/cli/training/train_options.ts";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readDigits } from "../../src/node/images.ts";
import { readNumbers } from "../../src/node/numbers.ts";
import { permutation } from "../../src/random.ts";
import { streams } from "../../src/streams.ts";
import { digits, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();
const words = (text: string): string[] => text.split(" ");
const file = (name: string): string => join(folder, name);

/** Two features; labels "high" are near 10 and labels "low" near −10. */
const row = (i: number): string => (i % 2 === 0 ? `${10 + (i % 5) / 10},high,${9 + (i % 3) / 10}` : `${-10 + (i % 5) / 10},low,${-9 - (i % 3) / 10}`);
const csv = (count: number, from = 0): string => `a,kind,b\n${Array.from({ length: count }, (_, i) => row(from + i)).join("\n")}\n`;

beforeAll(async () => {
  await writeFile(file("own.csv"), csv(60));
  await writeFile(file("more.csv"), csv(9, 1));
  await writeFile(file("other.csv"), csv(9).replace("low", "lower"));
  const table =
    "train --data own.csv --condition kind --hidden 8 --latent 2 --epochs 40 --learning-rate 0.02 --batch-size 20 --device cpu --out table";
  for (const args of [digits("digits", "--condition", "labels", "--epochs", "2"), words(table)]) {
    const { code, err } = await run(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
  }
}, 60_000);

const MODEL = "--model table/model.safetensors --device cpu";

describe("a model conditioned on a column", () => {
  it("makes rows of the label that is asked for, in the units of the file, the column left out", async () => {
    for (const [label, sign] of [
      ["high", 1],
      ["low", -1],
    ] as const) {
      expect(await run(words(`sample ${MODEL} --count 20 --label ${label} --out made.csv`))).toMatchObject({ code: 0, err: "" });
      const { names, values } = await readNumbers(file("made.csv"));
      expect(names).toEqual(["a", "b"]);
      for (const value of values) expect(sign * value).toBeGreaterThan(0);
    }
    const { metadata } = readSafetensors(await readFile(file("table/model.safetensors")));
    expect(JSON.parse(metadata.get("about")!)).toMatchObject({ classes: ["high", "low"], names: ["a", "b"] });
    expect(JSON.parse(metadata.get("config")!)).toMatchObject({ input: 2, classes: 2 });
  });

  it("reads the labels of other rows by the column's name, in whichever order they come", async () => {
    for (const command of ["evaluate", "reconstruct --out back.csv", "encode --out z.csv", "interpolate --label low --out line.csv"]) {
      const { code, out, err } = await run(words(`${command} ${MODEL} --data more.csv --condition kind`));
      expect({ code, err }, command).toEqual({ code: 0, err: "" });
      expect(out).not.toBe("");
    }
    const [back, rows] = [await readNumbers(file("back.csv")), await readNumbers(file("more.csv"), { drop: ["kind"] })];
    expect(back.rows).toBe(9);
    back.values.forEach((value, i) => expect(Math.abs(value - rows.values[i]!)).toBeLessThan(2));
    expect((await run(words(`decode ${MODEL} --latents z.csv --label high --out decoded.csv`))).code).toBe(0);
    expect((await readNumbers(file("decoded.csv"))).values.every((value) => value > 0)).toBe(true);
  });

  it("is trained to the same bits from a checkpoint, and not on other labels", async () => {
    const args = "train --data own.csv --condition kind --hidden 8 --latent 2 --epochs 2 --batch-size 20 --checkpoint-every 3 --device cpu";
    expect((await run(words(`${args} --out first`))).code).toBe(0);
    expect((await run(words(`${args} --resume first --out second`))).code).toBe(0);
    expect(await readFile(file("second/model.safetensors"))).toEqual(await readFile(file("first/model.safetensors")));
    await writeFile(file("swapped.csv"), csv(60).replace(",high,", ",low,"));
    const { code, err } = await run(words(`${args.replace("own", "swapped")} --resume first --out third`));
    expect(code).toBe(1);
    expect(err).toContain("the checkpoint is of other data");
  });
});

describe("a model conditioned on the labels of images", () => {
  const digitsModel = "--model digits/model.safetensors --device cpu";

  it("knows them without being told, in pictures and in losses", async () => {
    for (const args of [`sample ${digitsModel} --label 7 --count 9 --out seven.png`, `evaluate ${digitsModel} --data digits --every 20`]) {
      expect(await run(words(args))).toMatchObject({ code: 0, err: "" });
    }
    expect((await readFile(file("seven.png"))).length).toBeGreaterThan(100);
    expect(await readFile(file("digits/report.html"), "utf8")).toContain("condition");
    expect(await run(words(`traverse ${digitsModel} --label 3 --data digits --row 4 --out walk.png`))).toMatchObject({ code: 0, err: "" });
  });
});

describe("train --prior", () => {
  it.each<[string, string]>([
    ["mixture", "--components 3"],
    ["vamp", "--components 4 --objective iwae"],
  ])("%s trains, draws, and is named where its KL is", async (prior, more) => {
    const { code, err } = await run(digits(prior, "--epochs", "2", "--prior", prior, ...words(more)));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const model = `--model ${prior}/model.safetensors --device cpu`;
    expect(await run(words(`sample ${model} --count 5 --out ${prior}.csv`))).toMatchObject({ code: 0, err: "" });
    const { out } = await run(words(`evaluate ${model} --data digits --every 20`));
    expect(out).toMatch(/KL\(q\(z\|x\) ‖ p\(z\)\), at 1 draw of z for each example, p\(z\) a (mixture|vampPrior)/);
    expect(out).toContain("(to N(0, 1))");
  });

  it("vamp begins with training rows as the model sees them", async () => {
    expect((await run(digits("begun", "--epochs", "1", "--prior", "vamp", "--components", "2", "--learning-rate", "1e-9"))).code).toBe(0);
    const { tensors } = readSafetensors(await readFile(file("begun/model.safetensors")));
    const { shape, data } = tensors.get("prior.pseudoInputs")!;
    expect(shape).toEqual([2, 64]);
    const { train } = await readDigits();
    const rows = permutation(streams.pseudoInputs(0), train.data.length / 64).subarray(0, 2);
    const want = Array.from(rows).flatMap((row) => Array.from(train.data.subarray(64 * row, 64 * (row + 1)), (value) => value * train.scale));
    data.forEach((value, i) => expect(Math.abs(Number(value) - want[i]!)).toBeLessThan(1e-4));
  });
});

describe("bad input", () => {
  it.each<[string, string]>([
    [`sample ${MODEL} --out x.csv`, "sample: --label is one of those of table/model.safetensors, high, low, got none"],
    [`sample ${MODEL} --label middle --out x.csv`, "sample: --label is one of those of table/model.safetensors, high, low, got middle"],
    [
      `evaluate ${MODEL} --data more.csv --drop kind`,
      "evaluate: the rows of a conditional model have labels, high, low, got more.csv without (--condition names them)",
    ],
    [`evaluate ${MODEL} --data other.csv --condition kind`, "evaluate: the model's labels are high, low, got lower in row 2 of other.csv"],
    [
      "train --data own.csv --validation other.csv --condition kind --out x --device cpu",
      "train: the model's labels are high, low, got lower in row 2 of other.csv",
    ],
    ["train --data digits --condition digit --out x --device cpu", "data: --condition of images is labels, got --condition digit for digits"],
    [
      `encode ${MODEL} --data more.csv --condition kind --labels a --out x.svg`,
      "encode: --condition colours the scatter plot by itself, got --labels a beside it (leave it out, or name a file)",
    ],
  ])("elbograd %s", async (args, message) => {
    const { code, out, err } = await run(words(args));
    expect({ out, err }).toEqual({ out: "", err: `${message}\n` });
    expect(code).toBeGreaterThan(0);
  });

  it.each<[string, string]>([
    ["--components 3", "train: --components belongs to --prior mixture or vamp, got --prior normal"],
    ["--prior mixture --free-bits 1", "train: --free-bits belongs to --prior normal, got --prior mixture"],
    ["--prior vamp --kl analytic", "train: --kl analytic belongs to --prior normal, got --prior vamp"],
    ["--prior vamp --condition labels", "train: --condition belongs to --prior normal or mixture, got --prior vamp"],
  ])("train %s", (more, message) => {
    const args = ["--data", "digits", "--out", "x", ...words(more)];
    expect(() => checkOptions(parseOptions("train", TRAIN_OPTIONS, args))).toThrow(new UsageError(message));
  });

  it("labels for a model that has none", async () => {
    expect((await run(digits("plain", "--epochs", "1"))).code).toBe(0);
    const model = "--model plain/model.safetensors --device cpu";
    expect((await run(words(`sample ${model} --label 7 --out x.png`))).err).toBe(
      "sample: plain/model.safetensors is a model without labels, got --label 7 (leave it out, or train with --condition)\n",
    );
    expect((await run(words(`evaluate ${model} --data digits --condition labels`))).err).toBe(
      "evaluate: plain/model.safetensors is a model without labels, got --condition labels (leave it out; --drop leaves columns out)\n",
    );
  });
});
