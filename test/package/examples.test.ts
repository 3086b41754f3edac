/** The programs in examples/ compile and do what they say. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readTable } from "../../src/node/tables.ts";
import { exampleFolder, runExample } from "../support/compile_example.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = exampleFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs an example in the package's folder. */
function run(name: string, ...args: string[]): string[] {
  const printed = runExample(folder, name, readFileSync(join(root, "examples", `${name}.ts`), "utf8"), args, root);
  return printed.trimEnd().split("\n");
}

describe("examples", () => {
  it("are all tested here", () => {
    expect(readdirSync(join(root, "examples")).sort()).toEqual(["own_data.ts", "own_likelihood.ts", "own_training_loop.ts"]);
  });

  it("own_data trains on a table, saves, loads, and samples rows within the range of the data", async () => {
    const lines = run("own_data", "data/breast_cancer.csv", "diagnosis", folder);
    const losses = lines.slice(0, 4).map((line) => Number(/([-\d.]+) on held-out rows$/.exec(line)![1]));
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    expect(lines[4]).toMatch(/^569 rows; [1-4] of 4 latents in use$/);

    const [own, made] = [
      await readTable(join(root, "data/breast_cancer.csv"), { drop: ["diagnosis"] }),
      await readTable(join(folder, "samples.csv")),
    ];
    expect([made.names, made.rows]).toEqual([own.names, 100]);
    // The mean area is some hundreds, and a fractal dimension less than one: units that standardising would have lost.
    const mean = (table: typeof own, column: number): number =>
      Array.from({ length: table.rows }, (_, row) => table.values[row * 30 + column]!).reduce((a, b) => a + b, 0) / table.rows;
    for (const column of [0, 3, 9]) {
      expect(mean(made, column)).toBeGreaterThan(0.5 * mean(own, column));
      expect(mean(made, column)).toBeLessThan(2 * mean(own, column));
    }
  });

  it("own_likelihood draws counts of their rates, trains with them, and draws the same after it was saved and opened", () => {
    const lines = run("own_likelihood");
    const moments = lines.slice(0, 4).map((line) => /^rate ([\d.]+): mean ([\d.]+), variance ([\d.]+)$/.exec(line)!.slice(1).map(Number));
    expect(moments.map(([rate]) => rate)).toEqual([0.5, 9, 11, 400]);
    for (const [rate, mean, variance] of moments as [number, number, number][]) {
      // five standard errors of 10,000 draws
      expect(Math.abs(mean - rate)).toBeLessThan(5 * Math.sqrt(rate / 10_000));
      expect(Math.abs(variance - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 + 2 * rate)) / 10_000));
    }
    const losses = lines.slice(4, 7).map((line) => Number(/: ([\d.]+) nats per hour$/.exec(line)![1]));
    expect(losses[2]).toBeLessThan(losses[0]!);
    expect(lines.slice(7, 9)).toEqual(["1000 hours drawn, and the same by the opened model: true", "all of them counts: true"]);
    expect(lines[9]).toMatch(/^load: model has the likelihood "poisson", which is none of bernoulli, .* \{ likelihoods: \{ poisson \} \}\)\)$/);
  });

  it("own_training_loop learns the digits", () => {
    const losses = run("own_training_loop").map((line) => Number(line.split(": ")[1]));
    expect(losses).toHaveLength(5);
    expect(losses.at(-1)).toBeLessThan(losses[0]!);
    // 64·log 2 is what knowing nothing costs.
    expect(losses.at(-1)).toBeLessThan(64 * Math.LN2);
  });
});
