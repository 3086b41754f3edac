/** `train` on data of one's own, with the options of a long run: validation, checkpoints, resumption and the report. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSafetensors } from "../../src/formats/safetensors.ts";
import { readNumbers } from "../../src/node/numbers.ts";
import { digits, elbograd, type Result, type RunOptions } from "../support/cli_run.ts";

let folder: string;
const run = (args: string | readonly string[], options?: RunOptions): Promise<Result> =>
  elbograd(folder, typeof args === "string" ? args.split(" ") : args, options);
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-train-"));
  const rows = Array.from({ length: 50 }, (_, i) => `${1e6 + 10 * (i % 9)};${0.001 * (i % 5)}`);
  await writeFile(file("own.csv"), `income;share\n${rows.join("\n")}\n`);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const TABLE = "train --data own.csv --hidden 8 --latent 2 --device cpu";

interface Line {
  readonly epoch: number;
  readonly negElbo: number;
  readonly validation?: { readonly negElbo: number };
}

async function history(out: string): Promise<Line[]> {
  return (await readFile(file(`${out}/history.jsonl`), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

/** The metadata of a model file, parsed. */
async function metadata(out: string): Promise<{ config: Record<string, unknown>; about: Record<string, unknown> }> {
  const { metadata: stored } = readSafetensors(await readFile(file(`${out}/model.safetensors`)));
  const parse = (name: string): Record<string, unknown> => JSON.parse(stored.get(name)!) as Record<string, unknown>;
  return { config: parse("config"), about: parse("about") };
}

describe("data of one's own", () => {
  it("a CSV file trains standardised, with a tenth held out, and samples come back in its units", async () => {
    const { code, out, err } = await run(`${TABLE} --epochs 30 --out csv`);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("own.csv: 45 rows of 2 columns, 5 for validation; device cpu");
    expect(await metadata("csv")).toMatchObject({
      config: { input: 2, likelihood: "gaussianLearned" },
      about: { data: "own.csv", names: ["income", "share"], scaling: "standard" },
    });
    const lines = await history("csv");
    expect(lines.at(-1)!.validation!.negElbo).toBeLessThan(lines[0]!.validation!.negElbo);

    expect((await run("sample --model csv/model.safetensors --count 30 --draw sample --out made.csv --device cpu")).code).toBe(0);
    const { names, values } = await readNumbers(file("made.csv"));
    expect(names).toEqual(["income", "share"]);
    for (let i = 0; i < values.length; i += 2) expect(Math.abs(values[i]! - 1e6)).toBeLessThan(1000);
  });

  it("a folder of compressed IDX files trains as bytes, and samples come back from 0 to 255", async () => {
    await mkdir(file("idx"));
    const images = (count: number): Uint8Array =>
      gzipSync(Uint8Array.of(0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 2, 0, 0, 0, 3, ...Array.from({ length: 6 * count }, (_, i) => (i % 2) * 250)));
    await writeFile(file("idx/train-images-idx3-ubyte.gz"), images(20));
    await writeFile(file("idx/t10k-images-idx3-ubyte.gz"), images(6));
    for (const [data, out, seen] of [
      ["idx", "folder", "idx: 20 images of 3×2, 6 for validation"],
      ["idx/train-images-idx3-ubyte.gz", "one", "train-images-idx3-ubyte.gz: 18 images of 3×2, 2 for validation"],
    ] as const) {
      const trained = await run(`train --data ${data} --hidden 8 --latent 2 --epochs 60 --learning-rate 0.05 --device cpu --out ${out}`);
      expect({ code: trained.code, err: trained.err }).toEqual({ code: 0, err: "" });
      expect(trained.out).toContain(seen);
      expect((await readdir(file(out))).sort()).toEqual([
        "history.jsonl",
        "manifold.png",
        "model.safetensors",
        "reconstructions.png",
        "report.html",
        "samples.png",
      ]);
      expect((await run(`sample --model ${out}/model.safetensors --count 3 --out made.npy --device cpu`)).code).toBe(0);
      const { values, columns } = await readNumbers(file("made.npy"));
      expect(columns).toBe(6);
      // Every second pixel is 0, and the others 250.
      values.forEach((value, i) => expect(Math.abs(value - (i % 2) * 250)).toBeLessThan(25));
    }
  });

  it("each option of scaling, likelihood and optimizer acts: no two runs give the same model", async () => {
    const variants = [
      "",
      "--scale minmax",
      "--scale unit",
      "--likelihood gaussian",
      "--likelihood gaussian --variance 0.5",
      "--likelihood gaussianHead",
      "--likelihood bernoulli --scale minmax",
      "--likelihood continuousBernoulli --scale minmax",
      "--likelihood bernoulli --scale minmax --binarise",
      "--activation tanh",
      "--beta 0.5",
      "--beta-warm-up 2",
      "--optimizer adamW",
      "--optimizer sgd",
      "--optimizer sgd --momentum 0.9",
      "--optimizer rmsprop",
      "--weight-decay 0.1",
      "--learning-rate 0.01",
      "--schedule cosine",
      "--schedule steps",
      "--warm-up 3",
      "--clip-norm 0.01",
      "--clip-value 0.001",
      "--batch-size 7",
      "--validation 0.3",
      "--drop share",
      "--seed 1",
    ];
    const models = new Map<string, string>();
    for (const variant of variants) {
      const args = `${TABLE} --batch-size 20 --epochs 4 --out variant ${variant}`.trim();
      // Of an option that is given twice the last one counts.
      const { code, err } = await run(args);
      expect({ variant, code, err }).toEqual({ variant, code: 0, err: "" });
      const model = await readFile(file("variant/model.safetensors"), "base64");
      expect([variant, models.get(model)]).toEqual([variant, undefined]);
      models.set(model, variant);
    }
  });

  it("early stopping ends the run when the validation gets no better", async () => {
    const { code } = await run(`${TABLE} --epochs 2000 --learning-rate 0.1 --early-stopping 3 --out stopped`);
    expect(code).toBe(0);
    const losses = (await history("stopped")).map(({ validation }) => validation!.negElbo);
    expect(losses.length).toBeLessThan(2000);
    expect(Math.min(...losses)).toBe(losses.at(-4));
  });

  it("what cannot be is refused before anything is made", async () => {
    await writeFile(file("one.csv"), "1,2\n");
    await writeFile(file("below.csv"), "a,b\n1,2\n3,-4\n");
    await writeFile(file("ragged.csv"), "1,2\n3\n");
    await writeFile(file("three.csv"), "1,2,3\n4,5,6\n");
    const cases: [args: string, code: number, line: string | RegExp][] = [
      [`${TABLE} --variance 2`, 2, "train: --variance belongs to --likelihood gaussian, got --variance 2 without it"],
      [`${TABLE} --momentum 0.9`, 2, "train: --momentum belongs to --optimizer sgd, got --momentum 0.9 without it"],
      [`${TABLE} --optimizer sgd --momentum 1`, 2, "train: --momentum is below 1, got 1"],
      [`${TABLE} --validation 1`, 2, "train: --validation is a file or a fraction below 1, got 1"],
      [`${TABLE} --validation 0 --early-stopping 2`, 2, "train: --early-stopping needs validation rows, got none (--validation FILE or a fraction)"],
      [`${TABLE} --validation three.csv`, 1, "train: validation has the 2 columns of the training rows, got three.csv with 3"],
      [
        `${TABLE} --likelihood bernoulli`,
        1,
        'train: --likelihood bernoulli takes values from 0 to 1, got 1000000 in own.csv, row 1, column 1 ("income") (--scale minmax brings each column there; --likelihood gaussianLearned takes any)',
      ],
      [
        `${TABLE} --binarise`,
        1,
        /^train: --binarise takes values from 0 to 1, got 1000000 in own\.csv, row 1, column 1 \("income"\), which --scale standard makes -?\d/,
      ],
      [
        "train --data below.csv --scale unit --validation 0",
        1,
        'train: --scale unit takes values from 0 on, got -4 in below.csv, row 2, column 2 ("b") (--scale minmax or standard takes any)',
      ],
      ["train --data ragged.csv", 1, /^ragged\.csv: .*line 2/],
      ["train --data cifar", 1, /^cifar: the name says the format by /],
      [`${TABLE} --resume nowhere`, 1, "resume: nowhere has no checkpoint.safetensors (train with --checkpoint-every first)"],
    ];
    for (const [args, wanted, line] of cases) {
      const { code, out, err } = await run(`${args} --out refused`);
      expect({ args, code, out }).toEqual({ args, code: wanted, out: "" });
      if (typeof line === "string") expect(err).toBe(`${line}\n`);
      else expect(err.trimEnd()).toMatch(line);
    }
    expect((await readdir(folder)).includes("refused") ? await readdir(file("refused")) : []).toEqual([]);
    const { code, err } = await run(TABLE);
    expect({ code, err }).toEqual({ code: 2, err: "train: --out is a path, got none\n" });
  });

  it("a table of one row trains without validation", async () => {
    const { code, out, err } = await run("train --data one.csv --hidden 4 --latent 1 --epochs 1 --device cpu --out single");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("one.csv: 1 rows of 2 columns, 0 for validation");
    expect((await history("single"))[0]!.validation).toBeUndefined();
  });
});

describe("a long run", () => {
  const model = (out: string): Promise<Buffer> => readFile(file(`${out}/model.safetensors`));
  const losses = async (out: string): Promise<unknown[]> =>
    (await history(out)).map(({ epoch, negElbo, validation }) => ({ epoch, negElbo, validation }));

  it("that Ctrl-C stops says how to resume, and the resumed run ends with the bits of one that was never stopped", async () => {
    const long = ["--epochs", "40", "--schedule", "cosine", "--early-stopping", "50"];
    const stopped = await run(digits("a run", ...long, "--checkpoint-every", "3"), { signal: "SIGINT" });
    expect(stopped.code).toBe(130);
    const [, line] = /^train: interrupted, the checkpoint of step \d+ is safe \(resume with: elbograd (.*)\)\n$/.exec(stopped.err)!;
    expect(await readdir(file("a run"))).toEqual(["checkpoint.safetensors"]);

    // As a shell reads it: one argument is quoted.
    const args = [...line!.matchAll(/'([^']*)'|\S+/g)].map(([whole, quoted]) => quoted ?? whole);
    expect(args.slice(-2)).toEqual(["--resume", "a run"]);
    const resumed = await run(args);
    expect({ code: resumed.code, err: resumed.err }).toEqual({ code: 0, err: "" });
    expect((await run(digits("whole", ...long))).code).toBe(0);
    expect(await model("a run")).toEqual(await model("whole"));
    expect(await losses("a run")).toEqual(await losses("whole"));
  });

  it("resumes only with the configuration and the data of its checkpoint, and says what differs", async () => {
    expect((await run(digits("base", "--epochs", "1", "--checkpoint-every", "2"))).code).toBe(0);
    const before = await readFile(file("base/checkpoint.safetensors"));
    for (const [more, what] of [
      ["--latent 4", /latent 3 there and 4 here/],
      ["--learning-rate 0.1", /rate 0\.001 there and 0\.1 here/],
      ["--beta 2", /beta\.value 1 there and 2 here/],
      ["--weight-decay 0.5", /optimizer\.weightDecay 0 there and 0\.5 here/],
      ["--schedule cosine", /learningRate\.schedule "constant" there and "cosine" here; epochs of --schedule cosine nothing there and 10 here/],
      ["--data own.csv --batch-size 20", /data "[0-9a-f]{32}" there/],
    ] as const) {
      const { code, err } = await run([...digits("other", ...more.split(" ")), "--resume", "base"]);
      expect(code).toBe(1);
      expect(err).toMatch(/^train: the checkpoint is of another configuration: [^\n]*\n$/);
      expect(err).toMatch(what);
    }
    expect(await readFile(file("base/checkpoint.safetensors"))).toEqual(before);
  });

  it("tells its whole story in report.html, with the line that repeats it", async () => {
    expect((await run([...`${TABLE} --epochs 3 --seed 4 --out`.split(" "), "it's <here>"])).code).toBe(0);
    const page = await readFile(file("it's <here>/report.html"), "utf8");
    expect(page).toContain("own.csv: 45 rows of 2 columns, 5 for validation");
    expect(page).toContain(
      "elbograd train --data own.csv --hidden 8 --latent 2 --device cpu --epochs 3 --seed 4 --out &#39;it&#39;\\&#39;&#39;s &#60;here&#62;&#39;",
    );
    for (const text of ["gaussianLearned, floor 0.000001", "standard", "JavaScript typed arrays", process.version]) expect(page).toContain(text);
    expect(page.match(/<svg /g)).toHaveLength(3);
    expect(page).not.toContain("<img");
    expect(await readFile(file("csv/report.html"), "utf8")).not.toContain("seed 4");
  });
});
