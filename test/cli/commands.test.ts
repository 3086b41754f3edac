/** Every command that uses a model, through the real binary: what it writes, in which units, and what it refuses. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitScaling, scaled } from "../../src/data/scaling.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { readNumbers } from "../../src/node/numbers.ts";
import { writeTable } from "../../src/node/write_table.ts";
import { digits, elbograd, type Result, type RunOptions } from "../support/cli_run.ts";

let folder: string;
const run = (args: string, options?: RunOptions): Promise<Result> => elbograd(folder, args.split(" "), options);
const file = (name: string): string => join(folder, name);

/** Runs a command on the cpu, expects success and returns its JSON. */
async function done(args: string): Promise<Record<string, unknown>> {
  const { code, out, err } = await run(`${args} --device cpu --json`);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as Record<string, unknown>;
}

/** A command that fails: exit code and one line, and no new file. */
async function refused(args: string): Promise<[code: number | null, line: string]> {
  const before = await readdir(folder);
  const { code, out, err } = await run(args);
  expect(out).toBe("");
  expect(err).toMatch(/^[^\n]+\n$/);
  expect(await readdir(folder)).toEqual(before);
  return [code, err.trimEnd()];
}

const IMAGES = "--model images/model.safetensors";
const TABLE = "--model table/model.safetensors";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "elbograd-commands-"));
  const rows = Array.from({ length: 60 }, (_, i) => `${1000 + i},${(i % 7) / 100},${i % 2 ? "odd" : "even"}`);
  await writeFile(file("table.csv"), `weight,"length, m",kind\n${rows.join("\n")}\n`);
  const images = await elbograd(folder, digits("images", "--latent", "2", "--epochs", "1"));
  const table = await run("train --data table.csv --drop kind --hidden 8 --latent 3 --epochs 2 --device cpu --out table");
  expect([images, table].map(({ code, err }) => ({ code, err }))).toEqual([
    { code: 0, err: "" },
    { code: 0, err: "" },
  ]);
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("sample", () => {
  it("draws a grid of images, as many as asked for", async () => {
    expect(await done(`sample ${IMAGES} --count 5 --out s.png`)).toEqual({ out: "s.png", rows: 5, columns: 64, draw: "mean", seed: 0 });
    expect(decode(await readFile(file("s.png")))).toMatchObject({ width: 15 * (3 * 10 - 2), height: 15 * (2 * 10 - 2), channels: 1 });
  });

  it("writes a table with the names and in the units that went in", async () => {
    await done(`sample ${TABLE} --count 20 --out s.csv`);
    const { names, rows, values } = await readNumbers(file("s.csv"));
    expect({ names, rows }).toEqual({ names: ["weight", "length, m"], rows: 20 });
    for (let i = 0; i < values.length; i += 2) {
      expect(values[i]).toBeGreaterThan(900);
      expect(values[i]).toBeLessThan(1200);
      expect(Math.abs(values[i + 1]!)).toBeLessThan(0.2);
    }
  });

  it("repeats itself with the same seed, and not with another; a draw has its noise beside the mean", async () => {
    const sample = async (more: string): Promise<Buffer> => {
      await done(`sample ${TABLE} --count 4 --out r.csv ${more}`.trim());
      return await readFile(file("r.csv"));
    };
    const first = await sample("--seed 1");
    expect(await sample("--seed 1")).toEqual(first);
    expect(await sample("--seed 2")).not.toEqual(first);
    expect(await sample("--seed 1 --draw sample")).not.toEqual(first);
  });
});

describe("reconstruct, encode and decode", () => {
  it("decode of the encoded means is the reconstruction, to the last bit", async () => {
    expect(await done(`reconstruct ${IMAGES} --data digits --out r.npy`)).toEqual({ out: "r.npy", rows: 360, columns: 64 });
    expect(await done(`encode ${IMAGES} --data digits --out z.npy`)).toEqual({ out: "z.npy", rows: 360, latents: 2 });
    await done(`decode ${IMAGES} --latents z.npy --out d.npy`);
    expect(await readFile(file("d.npy"))).toEqual(await readFile(file("r.npy")));
    const { values } = await readNumbers(file("r.npy"));
    // Of digits whose grey goes from 0 to 16, though the model knows 0 to 1.
    expect(Math.max(...values)).toBeGreaterThan(4);
    expect(Math.max(...values)).toBeLessThanOrEqual(16);
  });

  it("pictures show rows above their reconstructions, and decoded latents in a grid", async () => {
    await done(`reconstruct ${IMAGES} --data digits --out r.png`);
    const { data, width, height } = decode(await readFile(file("r.png")));
    expect({ width, height }).toEqual({ width: 5 * 98, height: 5 * 98 });
    expect(Array.from({ length: 8 }, (_, x) => data[5 * x])).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((value) => Math.round((255 * value) / 16)));
    await writeTable(file("four.csv"), { values: new Float64Array(8), columns: 2 });
    await done(`decode ${IMAGES} --latents four.csv --out four.png`);
    expect(decode(await readFile(file("four.png")))).toMatchObject({ width: 23 * 18, height: 23 * 18 });
  });

  it("finds a table's own columns by name, in any order and among others", async () => {
    const { values, rows } = await readNumbers(file("table.csv"), { drop: ["kind"] });
    const swapped = Float64Array.from(
      { length: 3 * rows },
      (_, i) => [values[2 * Math.floor(i / 3) + 1]!, 5, values[2 * Math.floor(i / 3)]!][i % 3]!,
    );
    await writeTable(file("swapped.csv"), { values: swapped, columns: 3, names: ["length, m", "more", "weight"] });
    await done(`encode ${TABLE} --data swapped.csv --out swapped_z.csv`);
    await done(`encode ${TABLE} --data table.csv --drop kind --out table_z.csv`);
    expect(await readFile(file("swapped_z.csv"))).toEqual(await readFile(file("table_z.csv")));
  });

  it("encode adds the log-variances when asked to, under names of their own", async () => {
    await done(`encode ${TABLE} --data table.csv --drop kind --log-var --out both.csv`);
    await done(`encode ${TABLE} --data table.csv --drop kind --out means.csv`);
    const [both, means] = [await readNumbers(file("both.csv")), await readNumbers(file("means.csv"))];
    expect(both.names).toEqual(["z1", "z2", "z3", "logVar1", "logVar2", "logVar3"]);
    expect([...both.values].filter((_, i) => i % 6 < 3)).toEqual([...means.values]);
  });

  it("encode draws the latents, coloured by a column, by a file, or by what images show", async () => {
    await done(`encode ${TABLE} --data table.csv --labels kind --out kind.svg`);
    const svg = await readFile(file("kind.svg"), "utf8");
    expect(svg.match(/r="2.2"/g)).toHaveLength(60);
    for (const text of [">even<", ">odd<", "principal component 1"]) expect(svg).toContain(text);

    await writeTable(file("labels.csv"), { values: Float64Array.from({ length: 60 }, (_, i) => i % 3), columns: 1 });
    await done(`encode ${TABLE} --data table.csv --drop kind --labels labels.csv --out three.svg`);
    expect((await readFile(file("three.svg"), "utf8")).match(/r="5"/g)).toHaveLength(3);

    await done(`encode ${IMAGES} --data digits --out ten.svg`);
    const ten = await readFile(file("ten.svg"), "utf8");
    expect(ten.match(/r="5"/g)).toHaveLength(10);
    expect(ten).toContain(">z1<");

    await done(`encode ${IMAGES} --data digits --out ten.png`);
    expect(decode(await readFile(file("ten.png")))).toMatchObject({ width: 2 * (640 + 41), height: 2 * 560, channels: 3 });
  });
});

describe("interpolate and traverse", () => {
  it("an interpolation begins and ends at the reconstructions of its rows", async () => {
    await done(`reconstruct ${IMAGES} --data digits --out r.npy`);
    await done(`interpolate ${IMAGES} --data digits --from 7 --to 3 --steps 4 --out i.npy`);
    const [all, line] = [await readNumbers(file("r.npy")), await readNumbers(file("i.npy"))];
    expect(line.rows).toBe(4);
    // Batches of other sizes may add in another order; 16·2^-20 is a few roundings of a pixel of 16.
    const close = (row: number, at: number): void => {
      for (let j = 0; j < 64; j++) expect(Math.abs(line.values[at * 64 + j]! - all.values[row * 64 + j]!)).toBeLessThanOrEqual(16 * 2 ** -20);
    };
    close(7, 0);
    close(3, 3);
    await done(`interpolate ${IMAGES} --data digits --steps 4 --out i.png`);
    expect(decode(await readFile(file("i.png")))).toMatchObject({ width: 11 * (4 * 10 - 2), height: 11 * 8 });
  });

  it("a traversal has a line of images for each latent, around z = 0 or a row", async () => {
    expect(await done(`traverse ${IMAGES} --steps 5 --out t.png`)).toEqual({ out: "t.png", rows: 10, columns: 64, latents: 2, steps: 5 });
    expect(decode(await readFile(file("t.png")))).toMatchObject({ width: 9 * (5 * 10 - 2), height: 9 * (2 * 10 - 2) });
    await done(`traverse ${IMAGES} --data digits --row 1 --steps 5 --out row.png`);
    expect(await readFile(file("row.png"))).not.toEqual(await readFile(file("t.png")));
  });

  it("the manifold of two latents is part of the run", async () => {
    expect(decode(await readFile(file("images/manifold.png")))).toMatchObject({ width: 3 * 198, height: 3 * 198 });
    expect(await readdir(file("table"))).toEqual(["history.jsonl", "model.safetensors", "report.html"]);
  });
});

describe("evaluate and info", () => {
  it("evaluate gives the same numbers twice, others for another seed, and parts that add up", async () => {
    const first = await done(`evaluate ${IMAGES} --data digits`);
    expect(await done(`evaluate ${IMAGES} --data digits`)).toEqual(first);
    expect(await done(`evaluate ${IMAGES} --data digits --seed 1`)).not.toEqual(first);
    const { negElbo, reconstruction, kl, klPerDimension } = first as Record<string, { mean: number }> & { klPerDimension: number[] };
    expect(negElbo!.mean).toBeCloseTo(reconstruction!.mean + kl!.mean, 9);
    expect(klPerDimension[0]! + klPerDimension[1]!).toBeCloseTo(kl!.mean, 9);
    const { out } = await run(`evaluate ${IMAGES} --data digits --device cpu`);
    expect(out).toMatch(/^360 images, losses in nats per example\nnegElbo +\d+\.\d{3} ± \d+\.\d{3} +−ELBO, reconstruction \+ kl\n/);
    expect(out).toMatch(/^active units +[012] of 2 \(variance of the posterior mean above 0\.01, on 360 images\)$/m);
    expect(out).toMatch(/^information +\d\.\d+ ± \d\.\d+ .+ at most log 360 = 5\.886 \(nats\)$/m);
  });

  it("evaluate estimates −log p(x), names the estimator, and shows how it falls with more samples", async () => {
    const args = `evaluate ${IMAGES} --data digits --every 10 --nll-samples 20`;
    const { rows, nll, negElbo, nllCurve, bitsPerDimension } = (await done(`${args} --nll-curve`)) as {
      rows: number;
      nll: Record<string, unknown> & { mean: number };
      negElbo: { mean: number; unit: string };
      nllCurve: { samples: number; mean: number }[];
      bitsPerDimension: { mean: number };
    };
    expect(rows).toBe(36);
    expect(nll).toMatchObject({ unit: "nats per example", estimator: "NLL, importance sampling, S=20, 36 images" });
    expect(nllCurve.map(({ samples }) => samples)).toEqual([1, 2, 5, 10, 20]);
    expect(nllCurve.at(-1)!.mean).toBe(nll.mean);
    expect(nllCurve[0]!.mean).toBeGreaterThan(nll.mean);
    expect(negElbo.unit).toBe("nats per example");
    expect(bitsPerDimension.mean).toBeCloseTo(nll.mean / (64 * Math.log(2)), 9);
    const { out } = await run(`${args} --nll-curve --device cpu`);
    expect(out).toMatch(/^nll +\d+\.\d{3} ± \d+\.\d{3} +NLL, importance sampling, S=20, 36 images$/m);
    expect(out.match(/^nll, S=\d+ /gm)).toHaveLength(5);
    expect((await run(`${args} --device cpu`)).out).not.toContain("S=10");
  });

  it("evaluate gives the error of reconstructions in the units of the data", async () => {
    const { squaredError } = (await done(`evaluate ${TABLE} --data table.csv --drop kind`)) as { squaredError: { mean: number } };
    await done(`reconstruct ${TABLE} --data table.csv --drop kind --out rt.csv`);
    const [raw, made] = [await readNumbers(file("table.csv"), { drop: ["kind"] }), await readNumbers(file("rt.csv"))];
    const squared = Array.from(raw.values).reduce((sum, value, i) => sum + (value - made.values[i]!) ** 2, 0);
    const want = squared / raw.values.length;
    // The file holds values of 1000 with f32's 2^-24 of each: 6e-5 beside deviations of 17.
    expect(Math.abs(squaredError.mean - want)).toBeLessThanOrEqual(1e-4 * want);
  });

  it("evaluate goes on where values are odd, and says which, in rows and columns of the file", async () => {
    const { values } = await readNumbers(file("table.csv"), { drop: ["kind"] });
    const own = values.map((value, i) => (i === 12 ? 1e30 : i === 13 ? 4 : value));
    await writeTable(file("odd.csv"), { values: own, columns: 2, names: ["weight", "length, m"] });
    const { code, out, err } = await run(`evaluate ${TABLE} --data odd.csv --every 2 --device cpu --json`);
    const first =
      'odd.csv: values more than 10 times as far out as in training in columns 1 ("weight"), 2 ("length, m"), such as 1e+30 in row 7, column 1 ("weight"), in training ';
    const second = "odd.csv: 1 row left out of all averages, because the loss is not a finite number there (row 7)";
    expect(code).toBe(0);
    const { notes, rows, leftOut } = JSON.parse(out) as { notes: string[]; rows: number; leftOut: number[] };
    expect([notes.length, notes[0]!.startsWith(first), notes[1], rows, leftOut]).toEqual([2, true, second, 29, [3]]);
    expect(err).toBe(notes.map((text) => `note: ${text}\n`).join(""));

    await writeTable(file("bright.npy"), { values: new Float64Array(64).fill(17), columns: 64 });
    const bright = await run(`evaluate ${IMAGES} --data bright.npy --device cpu`);
    expect([bright.code, bright.err]).toEqual([
      0,
      expect.stringMatching(/^note: bright\.npy: values outside of \[0, 1\], .* such as 17 in row 1, column 1, in training 0 to 16\n$/),
    ]);
  });

  it("evaluate scores a file in other units with --as-is", async () => {
    await writeTable(file("grams.csv"), {
      values: Float64Array.from({ length: 40 }, (_, i) => 1e5 + 1e3 * i),
      columns: 2,
      names: ["weight", "length, m"],
    });
    expect((await refused(`evaluate ${TABLE} --data grams.csv --device cpu`))[1]).toContain("--as-is evaluates them as they are");
    const { code, err } = await run(`evaluate ${TABLE} --data grams.csv --device cpu --as-is`);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(
        /^evaluate: no row of grams\.csv has a loss that is a finite number, which comes of values that look to be in other units/,
      ),
    ]);
    const { values } = await readNumbers(file("table.csv"), { drop: ["kind"] });
    await writeTable(file("trebled.csv"), { values: values.map((value) => value * 3), columns: 2, names: ["weight", "length, m"] });
    expect((await refused(`evaluate ${TABLE} --data trebled.csv --device cpu`))[1]).toContain('such as 3177 in row 60, column 1 ("weight")');
    expect((await run(`evaluate ${TABLE} --data trebled.csv --device cpu --as-is`)).code).toBe(0);
  });

  it("evaluate of one row leaves out the ± and says no NaN", async () => {
    await writeTable(file("single.csv"), { values: Float64Array.of(1010, 0.03), columns: 2, names: ["weight", "length, m"] });
    const { code, out, err } = await run(`evaluate ${TABLE} --data single.csv --nll-samples 2 --nll-curve --device cpu`);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^1 row, losses in nats per example\nnegElbo +\d+\.\d{3} +−ELBO/);
    expect(out).not.toMatch(/NaN|±/);
    const { nll, negElbo } = await done(`evaluate ${TABLE} --data single.csv --nll-samples 2`);
    expect([Object.keys(nll as object), Object.keys(negElbo as object)]).toEqual([
      ["mean", "unit", "estimator"],
      ["mean", "unit", "estimator"],
    ]);
  });

  it("packed bits are black and white to a model of grey values", async () => {
    const [bits, values] = [new Uint8Array(12 * 8), new Float64Array(12 * 64)];
    for (let i = 0; i < values.length; i++) {
      if ((i * 7) % 5 > 2) continue;
      bits[i >> 3]! |= 128 >> (i & 7);
      values[i] = 16; // white, as the digits have it
    }
    await writeFile(file("packed.npy"), writeNpy([12, 8], bits));
    await writeTable(file("grey.npy"), { values, columns: 64 });
    const packed = await done(`evaluate ${IMAGES} --data packed.npy --packed 64`);
    const grey = await done(`evaluate ${IMAGES} --data grey.npy`);
    expect(packed["negElbo"]).toEqual(grey["negElbo"]);
    await done(`reconstruct ${IMAGES} --data packed.npy --packed 64 --out rp.csv`);
    await done(`reconstruct ${IMAGES} --data grey.npy --out rg.csv`);
    expect(await readFile(file("rp.csv"))).toEqual(await readFile(file("rg.csv")));
  });

  it("info names versions and devices, and why one cannot be opened", async () => {
    const { versions, devices } = await done("info");
    expect(versions).toMatchObject({ elbograd: expect.any(String) as string, Node: expect.stringContaining(process.version) as string });
    expect(devices).toEqual([{ device: "cpu", adapter: "JavaScript typed arrays", software: false }]);
    const { out } = await run("info", { env: { VK_DRIVER_FILES: "/none" } });
    expect(out).toMatch(/^cpu +JavaScript typed arrays$/m);
    expect(out).toMatch(/^wasm +WebAssembly SIMD128, \d+ threads?$/m);
    expect(out).toMatch(/^webgpu +not available: .+$/m);
  });
});

describe("what does not fit", () => {
  it("is a wrong command line, with exit code 2", async () => {
    const cases: [args: string, line: string][] = [
      [`sample ${IMAGES} --out s.jpg`, 'sample: --out ends in .png, .csv, .npy, got "s.jpg"'],
      [`encode ${IMAGES} --data digits --labels 65 --out z.csv`, "encode: --labels colour a scatter plot, got --out z.csv (write .svg or .png)"],
      [`encode ${IMAGES} --data digits --log-var --out z.svg`, "encode: --log-var is for tables, got --out z.svg (write .csv or .npy)"],
      [`encode ${IMAGES} --data digits --labels digit --out z2.svg`, 'encode: --labels of images are a file, got "digit" for --data digits'],
      [`traverse ${IMAGES} --row 1 --out t2.png`, "traverse: --row is a row of --data, got --row 1 alone"],
      [`traverse ${IMAGES} --data digits --row 360 --out t2.png`, "traverse: rows of digits are 0 to 359, got 360"],
      [`evaluate ${IMAGES} --data digits --nll-curve`, "evaluate: --nll-curve is of an estimate, got no --nll-samples (try --nll-samples 500)"],
      [`evaluate ${IMAGES} --data digits --nll-samples 0`, 'evaluate: --nll-samples is a whole number of at least 1, got "0"'],
      [`evaluate ${IMAGES} --data digits --packed 64`, "data: --packed is how a file is read, got --packed 64 for digits"],
      [`interpolate ${IMAGES} --data digits --to 360 --out i2.png`, "interpolate: rows of digits are 0 to 359, got 360"],
    ];
    for (const [args, line] of cases) expect(await refused(args)).toEqual([2, line]);
  });

  it("is data or a model of something else, with exit code 1", async () => {
    await writeFile(file("empty.safetensors"), "");
    await writeFile(file("other.csv"), "weight,height\n1,2\n");
    await writeFile(file("bits.npy"), writeNpy([2, 9], new Uint8Array(18)));
    await writeTable(file("unit.npy"), { values: Float64Array.from({ length: 12 * 64 }, (_, i) => (i % 16) / 16), columns: 64 });
    await writeTable(file("far.npy"), { values: new Float64Array(64).fill(1700), columns: 64 });
    const { values } = await readNumbers(file("table.csv"), { drop: ["kind"] });
    const standard = scaled(values, 2, fitScaling("standard", values, 2));
    await writeTable(file("standard.csv"), { values: standard, columns: 2, names: ["weight", "length, m"] });
    const image = "images/model.safetensors";
    const cases: [args: string, line: string | RegExp][] = [
      [
        `evaluate ${IMAGES} --data table.csv --drop kind`,
        `evaluate: ${image} is a model of 64 columns, got table.csv with 2 (--drop leaves columns out)`,
      ],
      [
        `evaluate ${TABLE} --data other.csv`,
        /^evaluate: table\/model\.safetensors is a model of the columns .* got other\.csv without "?length, m"?$/,
      ],
      [
        `sample ${TABLE} --out t3.png`,
        "sample: a picture needs a model of images, got t3.png for table/model.safetensors of 2 columns (write .csv or .npy)",
      ],
      [`decode ${TABLE} --latents other.csv --out d3.csv`, "decode: table/model.safetensors has 3 latents, got other.csv with 2 columns"],
      [
        `evaluate ${IMAGES} --data unit.npy`,
        /^evaluate: images\/model\.safetensors was trained on values from 0 to 16, got unit\.npy with values that look to be in other units than those of the training rows in columns 2, 3, .* \(60 in all\), such as 0\.9375 in row 1, column 16, in training 0 to 16 \(.*--packed reads truth values; --as-is evaluates them as they are\)$/,
      ],
      [`evaluate ${IMAGES} --data far.npy`, /^evaluate: .* got far\.npy with .* such as 1700 in row 1, column 1, in training 0 to 16 \(/],
      [
        `evaluate ${TABLE} --data standard.csv`,
        /^evaluate: table\/model\.safetensors was trained on columns scaled by standard, got standard\.csv with values that look to be in other units than those of the training rows in columns 1 \("weight"\), 2 \("length, m"\), such as .* in training .* ± .* \(give the values in the units of the training rows, as they were before scaling; --as-is evaluates them as they are\)$/,
      ],
      [
        `evaluate ${IMAGES} --data bits.npy --packed 64`,
        "bits.npy: 64 packed bits take 8 bytes a row, got 9 (give the number of columns that were packed)",
      ],
      [`evaluate ${IMAGES} --data unit.npy --packed 64`, "unit.npy: packed bits are bytes of shape [rows, 8], got Float64Array of shape [12, 64]"],
      [`evaluate ${TABLE} --data table.csv --packed 64`, "readNumbers: packed bits are in an NPY, NPZ or IDX file, got table.csv"],
      [`evaluate ${TABLE} --data table.csv`, /^table\.csv: values are finite numbers, got "even" at line 2, column 3 \("kind"\)$/],
      [`evaluate ${TABLE} --data missing.csv`, "missing.csv: the file is missing"],
      [`sample --model missing --out m.csv`, /^sample: --model is a file that can be read, got missing \(ENOENT: .*\)$/],
      [`sample --model empty.safetensors --out m.csv`, /^empty\.safetensors: /],
      [`sample --model table.csv --out m.csv`, /^table\.csv: /],
      [`sample ${TABLE} --out table.csv/m.csv`, /^sample: --out is a file that can be written, got table\.csv\/m\.csv \(.*\)$/],
    ];
    for (const [args, line] of cases) {
      const [code, got] = await refused(`${args} --device cpu`);
      expect(code).toBe(1);
      if (typeof line === "string") expect(got).toBe(line);
      else expect(got).toMatch(line);
    }
  });

  it("leaves an existing output as it was", async () => {
    await writeFile(file("kept.csv"), "kept");
    expect((await run(`evaluate ${IMAGES} --data digits --out kept.csv`)).code).toBe(2);
    expect((await run(`sample ${IMAGES} --count 1000 --out kept.csv --device cpu`, { before: "ulimit -f 8" })).code).toBe(1);
    expect(await readFile(file("kept.csv"), "utf8")).toBe("kept");
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
