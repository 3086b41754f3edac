/** What `train` and `evaluate` say of likelihoods and latents: the proposal, the baselines, the verdict and the remedies. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../../src/cli/options.ts";
import { NAMES, REMEDY } from "../../src/cli/training/remedies.ts";
import { jsonLines, testFolder } from "../support/cli_run.ts";

const { path: folder, run } = testFolder();
const CLASSIC = "train --data digits --hidden 64 --latent 8 --epochs 8 --batch-size 32 --device wasm --threads 1".split(" ");

/** The number after a word at the beginning of a line. */
function numberAfter(out: string, name: string): number {
  const line = out.split("\n").find((text) => text.startsWith(name));
  expect(line, name).toBeDefined();
  return Number(line!.slice(name.length).trim().split(" ")[0]);
}

describe("on digits", () => {
  it("train says what the data suggests, what a good loss is, and that the classic model has not collapsed", async () => {
    const { code, out, err } = await run([...CLASSIC, "--epochs", "20", "--out", "classic"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("taken as images, because rows are 8×8 bytes from 0 to 16\nlikelihood bernoulli, as is usual for images\n");
    expect(out).toMatch(/^the data suggests continuousBernoulli \(grey levels from 0 to 16, of which \d+\.\d % are neither/m);
    expect(out).toMatch(/^mind: grey values scored as Bernoulli are a cross-entropy/m);
    expect(numberAfter(out, "this model, negElbo")).toBeLessThan(numberAfter(out, "independent Bernoulli"));
    expect(out).toMatch(/^the model is \d+\.\d\d nats better than independent Bernoulli/m);
    expect(out).toMatch(/^latents are healthy: 8 of 8 latents are alive, none is dead \(dead: KL below 0\.01 nats and variance/m);
    const page = await readFile(join(folder, "classic/report.html"), "utf8");
    for (const text of ["What a good loss is", "independent Bernoulli", "What the latents do", "healthy: 8 of 8"]) expect(page).toContain(text);
  });

  it("a large beta is called collapsed, and a remedy raises the active units, as printed", async () => {
    const { code, out, err } = await run([...CLASSIC, "--beta", "20", "--remedy", "--out", "collapsed"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^latents are collapsed: 0 of 8 latents are alive/m);
    expect(out).toMatch(/^latents 0, 1, 2, 3, 4, 5, 6, 7 dead since epoch \d$/m);
    expect(out).toMatch(/^what may help: --beta-warm-up EPOCHS, --beta-cycles 4, --free-bits 0\.5, a smaller --beta/m);
    const active = Object.fromEntries(
      [...out.matchAll(/^(\S+) +(?:--.*|as trained) +(\d+) of 8 /gm)].map(([, name, count]) => [name!, Number(count)]),
    );
    expect(Object.keys(active)).toEqual(["none", ...NAMES]);
    expect(active["none"]).toBe(0);
    expect(active["free-bits"]).toBeGreaterThan(4);
    expect(active["smaller-beta"]).toBeGreaterThan(4);

    const { out: evaluated } = await run("evaluate --model collapsed/model.safetensors --data digits --device wasm".split(" "));
    expect(evaluated).toMatch(/^latents are collapsed: 0 of 8 latents are alive, .* on 360 images\)$/m);
    const { out: json } = await run("evaluate --model collapsed/model.safetensors --data digits --device wasm --json".split(" "));
    expect(JSON.parse(json)).toMatchObject({ verdict: "collapsed", dead: [0, 1, 2, 3, 4, 5, 6, 7], activeUnits: 0 });
  });

  it("says in which epoch latents die, when beta rises until they do", async () => {
    const { out } = await run([...CLASSIC, "--epochs", "4", "--beta", "30", "--beta-warm-up", "20", "--learning-rate", "0.003", "--out", "died"]);
    const told = /^epoch (\d+): latents? ([\d, ]+) died \(dead: KL below/m.exec(out);
    expect(told).not.toBeNull();
    expect(Number(told![1])).toBeGreaterThan(1);
    expect(out).toMatch(/^latents? [\d, ]+ dead since epoch \d+$/m);
  });

  it("one remedy alone is tried where it is named, even on a healthy model, and none by itself", async () => {
    const healthy = await run([...CLASSIC, "--epochs", "20", "--remedy", "--json", "--out", "healthy"]);
    expect(healthy.code).toBe(0);
    expect(healthy.err).toContain("remedies: none is tried, because no latent is dead (--remedy NAME tries one all the same)\n");
    const lines = jsonLines(healthy.out);
    expect(lines.map(({ type }) => type)).toEqual(["run", ...Array<string>(20).fill("epoch"), "note", "result"]);
    expect(lines.at(-2)!["text"]).toMatch(/^remedies: none is tried/);
    expect(healthy.err).toMatch(/^independent Bernoulli /m);
    const named = await run([...CLASSIC, "--epochs", "1", "--remedy", "free-bits", "--out", "named"]);
    expect(named.out.match(/^free-bits +--free-bits 0\.5 /gm)).toHaveLength(1);
    expect(named.out).not.toMatch(/^warm-up /m);
  });
});

describe("on a table", () => {
  it("baselines are densities in the model's units, with probabilistic PCA of the same latent size", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i % 17},${2 * (i % 17) + (i % 5) - 2.5},${(i * i) % 23}`);
    await writeFile(join(folder, "own.csv"), `a,b,c\n${rows.join("\n")}\n`);
    const { code, out } = await run("train --data own.csv --hidden 16 --latent 1 --epochs 3 --device cpu --out own".split(" "));
    expect(code).toBe(0);
    expect(out).toMatch(/^the data suggests gaussianLearned \(values from -2\.5 to 33\.5, not bounded by nature\)$/m);
    expect(numberAfter(out, "probabilistic PCA")).toBeLessThan(numberAfter(out, "independent Gaussian"));
    expect(out).toContain("1 latents, linear, exact");
  });
});

describe("--remedy", () => {
  it("is all of them without a name, wherever it stands", () => {
    const table = { remedy: REMEDY, out: { placeholder: "DIR", help: "", rule: "", parse: (text: string) => text, optional: true } };
    for (const [args, want] of [
      ["--remedy", { remedy: "all", out: undefined }],
      ["--remedy --out x", { remedy: "all", out: "x" }],
      ["--out x --remedy", { remedy: "all", out: "x" }],
      ["--remedy free-bits --out x", { remedy: "free-bits", out: "x" }],
      ["--remedy=capacity", { remedy: "capacity", out: undefined }],
      ["--out x", { remedy: undefined, out: "x" }],
    ] as const) {
      expect(parseOptions("train", table, args.split(" ")), args).toEqual(want);
    }
  });

  it.each<[string, string]>([
    ["--remedy prayer", '--remedy is one of warm-up, cyclical, free-bits, smaller-beta, capacity, or nothing for all, got "prayer"'],
    ["--prior mixture --remedy free-bits", "--remedy free-bits belongs to --prior normal, got --prior mixture"],
    ["--remedy --objective dreg", "--remedy belongs to --objective elbo, got --remedy all with dreg"],
  ])("%s is refused in one line", async (more, message) => {
    const { code, out, err } = await run([...CLASSIC, "--out", "refused", ...more.split(" ")]);
    expect({ code, out, err }).toEqual({ code: 2, out: "", err: `train: ${message}\n` });
  });
});
