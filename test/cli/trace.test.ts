/** `elbograd trace` as users run it: the table, the object and the page, and one clear line for what is wrong. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openDevice } from "../../src/device/open.ts";
import { root, testFolder } from "../support/cli_run.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

const { path: folder, run } = testFolder();

const tiny = (...more: string[]): string[] => [..."trace --data digits --hidden 24 --latent 3 --batch-size 16".split(" "), ...more];

interface Json {
  readonly device: string;
  readonly summary: string;
  readonly launches: readonly { readonly op: string; readonly file: string; readonly line: number; readonly ms: number }[];
  readonly totals: Readonly<Record<string, number>>;
}

describe("elbograd trace", () => {
  let page: string;
  let table: string[];
  beforeAll(async () => {
    const { code, out, err } = await run(tiny("--device", "cpu", "--out", "step.html"));
    expect([code, err]).toEqual([0, ""]);
    table = out.split("\n");
    page = await readFile(join(folder, "step.html"), "utf8");
  });

  it("prints a line for each launch with its formula below, and the totals", () => {
    expect(table[0]).toMatch(/^digits: 1437 images of 8×8, 360 for validation; device cpu \(/);
    expect(table[3]!.trim().split(/ {2,}/)).toEqual(["#", "op", "shader:line", "grid", "sizes", "MB", "MFLOP", "ms", "share"]);
    expect(table[4]).toMatch(/^ *1 {2}dense_relu +dense\.wgsl:35 +– {2}M 16 N 24 K 64 +0\.1\d\d +0\.049 +\d+\.\d{3} +\d+\.\d %$/);
    expect(table[5]).toMatch(/^ {3,4}y\[m,n\] = f\(s\[m,n\]\), s = x·W \+ b/);
    const numbers = table.slice(4, -5).filter((_, i) => i % 2 === 0);
    expect(numbers.map((line) => parseInt(line))).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.at(-1)).toContain("adam");
    expect(table.at(-4)).toMatch(new RegExp(`^${numbers.length} launches: \\d.* MB bound, \\d.* MFLOP, \\d.* ms$`));
    expect(table.at(-2)).toBe("written: step.html");
  });

  it("writes a page that asks no network for anything, with each launch's shader as it is in its file beside its CPU loop", async () => {
    expect(page).toMatch(/^<!doctype html>\n/);
    expect(page.trimEnd()).toMatch(/<\/html>$/);
    expect(page).toContain("default-src &#39;none&#39;");
    expect(page).not.toMatch(/<script|<link rel="stylesheet"|src="http|url\(/);
    const launches = page.split('<details id="launch-').slice(1);
    expect(launches.length).toBe(table.slice(4, -5).length / 2);
    const text = (html: string): string => html.replace(/<[^>]*>/g, "").replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    const shader = await readFile(join(root, "shaders/dense.wgsl"), "utf8");
    expect(text(launches[0]!)).toContain(
      shader
        .split("\n")
        .filter((line) => line !== "")
        .slice(-3)
        .join(""),
    );
    expect(text(launches[0]!)).toContain("encoder.0.weight");
    const phases = launches.map((launch) => /class="number (\w+)"/.exec(launch)![1]);
    expect([...new Set(phases)]).toEqual(["forward", "backward", "update"]);
    expect(phases.lastIndexOf("forward")).toBe(4); // elbo_sums, after dense_bernoulli_nll
    expect(text(launches[0]!)).toContain("cpu([x, index, W, b], [y, s], p, c) {");
    // what the shaders use is there once, where their links lead
    for (const [, link] of page.matchAll(/href="#([^"]+)"/g)) expect(page.split(`id="${link}"`).length, link).toBe(2);
  });

  it("prints one JSON object with what the table says, and nothing else", async () => {
    const { code, out } = await run(tiny("--device", "wasm", "--threads", "1", "--json"));
    expect(code).toBe(0);
    const { device, launches, totals, summary } = JSON.parse(out) as Json;
    expect([device, summary]).toEqual(["wasm", "digits: 1437 images of 8×8, 360 for validation"]);
    expect(launches[0]).toMatchObject({ op: "dense_relu", file: "dense.wgsl", line: 35, params: { M: 16, N: 24, K: 64 } });
    expect(launches[0]).not.toHaveProperty("kernel");
    expect(totals["launches"]).toBe(launches.length);
    expect(totals).not.toHaveProperty("submits");
  });

  it.skipIf(!hasWebGpu())("counts on webgpu what the step asks of it, and says whether the GPU is software", async () => {
    const { out } = await run(tiny("--device", "webgpu"));
    expect(out).toMatch(
      /the step by itself, once warm: \d+ dispatches, submits 1, writes 1 \(256 bytes\), buffers created 0, bind groups created 0\n/,
    );
    const device = await openDevice("webgpu");
    expect(out.includes("a GPU emulated in software: not a GPU's speed")).toBe(device.info.software);
    await device.close();
    const launches = out.split("\n").filter((line) => /^ *\d+ {2}\w/.test(line));
    expect(out).toContain(`: ${launches.length} dispatches`);
    for (const line of launches) expect(line).toMatch(/\.wgsl:\d+ +\d+(×\d+)* {2}\w/);
  });

  const cases: [message: string, code: number, args: string[]][] = [
    ["trace: --data is a path, got none", 2, ["trace"]],
    ["trace: there is no option --resume (did you mean --resize?)", 2, tiny("--resume", "x")],
    ['trace: --out ends in .html, got "step.png"', 2, tiny("--out", "step.png")],
    ["trace: --batch-size is at most the number of training rows, got 1438 for 1437 rows", 2, tiny("--batch-size", "1438")],
    ["trace: --variance belongs to --likelihood gaussian, got --variance 2 without it", 2, tiny("--variance", "2")],
    ["trace: --threads are those of --device wasm, got --device cpu", 2, tiny("--device", "cpu", "--threads", "2")],
    ["trace: --out is a file that can be written, got step.html/step.html", 1, tiny("--device", "cpu", "--out", "step.html/step.html")],
  ];

  it.each(cases)("answers with one line: %s", async (message, code, args) => {
    const before = await readdir(folder);
    const result = await run(args);
    expect([result.code, result.out]).toEqual([code, ""]);
    expect(result.err.startsWith(message), result.err).toBe(true);
    expect(result.err.trimEnd()).not.toContain("\n");
    expect(await readdir(folder)).toEqual(before);
  });
});
