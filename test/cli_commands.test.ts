/** Every command that uses a model, through the real binary: what it writes, in which units, and what it refuses. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTable, writeTable } from "../src/node/tables.ts";
import { digits, elbograd, type Result, type RunOptions } from "./cli_run.ts";

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
    expect(decode(await readFile(file("s.png")))).toMatchObject({ width: 3 * 10 - 2, height: 2 * 10 - 2, channels: 1 });
  });

  it("writes a table with the names and in the units that went in", async () => {
    await done(`sample ${TABLE} --count 20 --out s.csv`);
    const { names, rows, values } = await readTable(file("s.csv"));
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
    const { values } = await readTable(file("r.npy"));
    // Of digits whose grey goes from 0 to 16, though the model knows 0 to 1.
    expect(Math.max(...values)).toBeGreaterThan(4);
    expect(Math.max(...values)).toBeLessThanOrEqual(16);
  });

  it("pictures show rows above their reconstructions, and decoded latents in a grid", async () => {
    await done(`reconstruct ${IMAGES} --data digits --out r.png`);
    const { data, width, height } = decode(await readFile(file("r.png")));
    expect({ width, height }).toEqual({ width: 98, height: 98 });
    expect([...data.subarray(0, 8)]).toEqual([0, 0, 5, 13, 9, 1, 0, 0].map((value) => Math.round((255 * value) / 16)));
    await writeTable(file("four.csv"), { values: new Float64Array(8), columns: 2 });
    await done(`decode ${IMAGES} --latents four.csv --out four.png`);
    expect(decode(await readFile(file("four.png")))).toMatchObject({ width: 18, height: 18 });
  });

  it("finds a table's own columns by name, in any order and among others", async () => {
    const { values, rows } = await readTable(file("table.csv"), { drop: ["kind"] });
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
    const [both, means] = [await readTable(file("both.csv")), await readTable(file("means.csv"))];
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
    expect(decode(await readFile(file("ten.png")))).toMatchObject({ width: 640, height: 560, channels: 3 });
  });
});

describe("interpolate and traverse", () => {
  it("an interpolation begins and ends at the reconstructions of its rows", async () => {
    await done(`reconstruct ${IMAGES} --data digits --out r.npy`);
    await done(`interpolate ${IMAGES} --data digits --from 7 --to 3 --steps 4 --out i.npy`);
    const [all, line] = [await readTable(file("r.npy")), await readTable(file("i.npy"))];
    expect(line.rows).toBe(4);
    // Batches of other sizes may add in another order; 16·2^-20 is a few roundings of a pixel of 16.
    const close = (row: number, at: number): void => {
      for (let j = 0; j < 64; j++) expect(Math.abs(line.values[at * 64 + j]! - all.values[row * 64 + j]!)).toBeLessThanOrEqual(16 * 2 ** -20);
    };
    close(7, 0);
    close(3, 3);
    await done(`interpolate ${IMAGES} --data digits --steps 4 --out i.png`);
    expect(decode(await readFile(file("i.png")))).toMatchObject({ width: 4 * 10 - 2, height: 8 });
  });

  it("a traversal has a line of images for each latent, around z = 0 or a row", async () => {
    expect(await done(`traverse ${IMAGES} --steps 5 --out t.png`)).toEqual({ out: "t.png", rows: 10, columns: 64, latents: 2, steps: 5 });
    expect(decode(await readFile(file("t.png")))).toMatchObject({ width: 5 * 10 - 2, height: 2 * 10 - 2 });
    await done(`traverse ${IMAGES} --data digits --row 1 --steps 5 --out row.png`);
    expect(await readFile(file("row.png"))).not.toEqual(await readFile(file("t.png")));
  });

  it("the manifold of two latents is part of the run", async () => {
    expect(decode(await readFile(file("images/manifold.png")))).toMatchObject({ width: 198, height: 198 });
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
    expect(out).toMatch(/^360 rows, losses in nats per example\nnegElbo +\d+\.\d{3} ± \d+\.\d{3}\n/);
    expect(out).toMatch(/^active units +[012] of 2 /m);
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
      [`interpolate ${IMAGES} --data digits --to 360 --out i2.png`, "interpolate: rows of digits are 0 to 359, got 360"],
    ];
    for (const [args, line] of cases) expect(await refused(args)).toEqual([2, line]);
  });

  it("is data or a model of something else, with exit code 1", async () => {
    await writeFile(file("empty.safetensors"), "");
    await writeFile(file("other.csv"), "weight,height\n1,2\n");
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
