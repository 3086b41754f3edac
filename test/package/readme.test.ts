/** The code in README.md compiles and runs as it stands, and so do its command lines. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { MAIN } from "../support/cli_run.ts";
import { exampleFolder, runExample } from "../support/compile_example.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const text = readFileSync(join(root, "README.md"), "utf8");
const blocks = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code!);
const commands = [...text.matchAll(/^npx (elbograd .*)$/gm)].map(([, command]) => command!);

const folder = exampleFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the block that has `part` in it. */
function run(name: string, part: string, change = (code: string): string => code): string {
  const found = blocks.filter((code) => code.includes(part));
  expect(found).toHaveLength(1);
  return runExample(folder, name, change(found[0]!));
}

const labDevices = import.meta.env["ELBOGRAD_TEST_WITHOUT_WEBGPU"] === "1" ? ["wasm"] : ["wasm", "webgpu"];

const numbers = (printed: string): number[] => printed.trim().split("\n").map(Number);

describe("README", () => {
  it("has eleven programs, which are all run here", () => {
    expect(blocks).toHaveLength(11);
  });

  it("trains, samples and saves a VAE", () => {
    const lines = run("library", "readDigits").trim().split("\n");
    const epochs = lines.slice(0, -1).map((line) => line.split(" ").map(Number));
    expect(epochs.map(([epoch]) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for (const [, negElbo, reconstruction, kl] of epochs) expect(negElbo).toBeCloseTo(reconstruction! + kl!, 9);
    expect(epochs.at(-1)![1]).toBeLessThan(epochs[0]![1]!);
    expect(lines.at(-1)).toBe("64 pixels in each of 64 samples");
    expect(readFileSync(join(folder, "vae.safetensors")).includes('"encoder.0.weight"')).toBe(true);
  });

  it("proposes a likelihood, scores features by themselves, and says which latents are dead", () => {
    const [proposal, baseline, verdict] = run("doctors", "proposeLikelihood(values").trim().split("\n");
    expect(proposal).toBe("bernoulli, because all 12 values are 0 or 1");
    // Two features have one 1 in three rows, two have two: −log of 3/5 for what is usual, of 2/5 for what is not.
    expect(Number(/^independent Bernoulli (\S+) nats/.exec(baseline!)![1])).toBeCloseTo((4 / 3) * (2 * Math.log(5 / 3) + Math.log(5 / 2)), 6);
    expect(verdict).toMatch(/^(healthy|partly|collapsed): \d of 2 latents are dead$/);
  });

  it("trains with free bits, and by the importance-weighted bound, which lies below the ELBO", () => {
    const lines = run("objectives", "dregObjective(").trim().split("\n");
    expect(lines).toHaveLength(40);
    const bounds = lines.slice(20).map((line) => line.split(" ").map(Number));
    const mean = (column: number): number => bounds.reduce((sum, row) => sum + row[column]!, 0) / bounds.length;
    expect(mean(1)).toBeLessThan(mean(0));
  });

  it("trains a conditional model with a learned prior, and makes a row of each label", () => {
    const printed = run("labels", "mixture(");
    const losses = numbers(printed.slice(0, printed.indexOf("Float32Array")));
    expect(losses).toHaveLength(20);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(printed).toContain("Float32Array(8) [");
  });

  it("runs a kernel and an op of its reader's own, with its gradient", () => {
    expect(run("kernel", "Kernel<")).toBe("Float32Array(3) [ 3, 12, 27 ]\n");
  });

  describe.each(labDevices)("in the laboratory, on %s", (name) => {
    const onDevice = (code: string): string => code.replace('openDevice("webgpu"', `openDevice("${name}"`);

    it("checks, times, trains with and traces a layer of its reader's own", () => {
      const lines = run(`layer_${name}`, "kernelFrom(", onDevice).trim().split("\n");
      expect(lines[0]).toMatch(new RegExp(`^dense_relu: right at 3 sizes on ${name} `));
      expect(lines[1]).toMatch(/^[\d.e-]+ ms, [\d.e-]+ GFLOP\/s$/);
      const losses = lines.filter((line) => line.startsWith("epoch")).map((line) => Number(line.split(": ")[1]));
      expect(losses).toHaveLength(5);
      expect(losses[4]).toBeLessThan(losses[0]!);
      const own = lines.filter((line) => line.startsWith("launch") && line.includes("dense_relu, my_dense.wgsl:"));
      expect(own).toHaveLength(2); // of the encoder and of the decoder
      expect(own[0]).toContain("a tile of TILE × TILE by each workgroup");
    });

    it("makes every product with a core of its reader's own", () => {
      const lines = run(`core_${name}`, "coreFrom(", onDevice).trim().split("\n");
      expect(lines).toHaveLength(3);
      for (const line of lines) expect(line).toMatch(/: right at \d+ sizes on /);
      if (name === "webgpu") expect(lines[0]).toContain("gemm core small");
    });
  });

  it("trains on a table, and samples come back in its units", () => {
    const losses = numbers(run("table", "fitScaling"));
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    const [names, ...rows] = readFileSync(join(folder, "made.csv"), "utf8").trim().split("\n");
    expect(names).toBe("height,weight");
    expect(rows).toHaveLength(3);
    // Heights from 150 to 199 and weights from 50 to 89, some five deviations wider.
    for (const row of rows) {
      const [height, weight] = row.split(",").map(Number);
      expect(Math.abs(height! - 175)).toBeLessThan(100);
      expect(Math.abs(weight! - 70)).toBeLessThan(80);
    }
  });

  it("trains with a likelihood of its reader's own", () => {
    const losses = numbers(run("likelihood", "composedNll"));
    expect(losses).toHaveLength(30);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it("trains in a loop of its reader's own", () => {
    const losses = numbers(run("loop", "optimizer.at("));
    expect(losses).toHaveLength(4);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
  });

  it("has command lines that run one after the other and write what they say", () => {
    expect(commands.length).toBeGreaterThanOrEqual(8);
    const bin = join(folder, "bin");
    mkdirSync(bin);
    cpSync(join(root, "data"), join(folder, "data"), { recursive: true });
    writeFileSync(join(bin, "elbograd"), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 });
    const env = { ...process.env, PATH: `${bin}:${process.env["PATH"]}` };
    for (const command of commands) {
      execFileSync("sh", ["-c", command], { cwd: folder, env, stdio: "pipe" });
      const [, out] = / --out (\S+)/.exec(command) ?? [];
      if (out !== undefined) expect([command, existsSync(join(folder, out))]).toEqual([command, true]);
    }
  });
});
