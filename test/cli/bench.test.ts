/** `elbograd bench` through the real binary: it checks before it times, says what it timed on, and refuses in one line. */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.ts";
import { bench as command, STEP } from "../../src/cli/commands/bench.ts";
import { compareBenches, comparisonTable } from "../../src/cli/views/bench_compare.ts";
import { type BenchFile, readBench } from "../../src/cli/views/bench_file.ts";
import { dataset } from "../../src/data/dataset.ts";
import { openDevice } from "../../src/device/open.ts";
import { kernelNames } from "../../src/lab/subjects/catalogue.ts";
import type { KernelTiming } from "../../src/lab/timing/bench.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { Trainer } from "../../src/vae/training/trainer.ts";
import { Vae } from "../../src/vae/vae.ts";
import { testFolder } from "../support/cli_run.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

const folder = testFolder();
const bench = (args: string): ReturnType<typeof folder.run> => folder.run(["bench", ...args.split(" ").filter(Boolean)]);
const SMALL = "matmul --device cpu --time 20 --shape M=8,N=7,K=6";

/** Dawn tells on stderr what it makes of a driver's limits. */
const ownWords = (err: string): string => err.replace(/^Warning: max\w+ artificially reduced .*\n/gm, "");

describe("bench", () => {
  it("prints what it measured on, and each kernel with its rates and their shares of the roofs; --out writes a page of it", async () => {
    const { code, out, err } = await bench(`${SMALL} --out page.html`);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [subject, versions, roofs, , header, row, ...rest] = out.split("\n") as [string, string, string, string, string, string];
    expect(subject).toBe("cpu: JavaScript typed arrays");
    expect(versions).toMatch(/^elbograd \d+\.\d+\.\d+( \([0-9a-f]{7,}(-dirty)?\))?, Node v/);
    expect(roofs).toMatch(/^measured on it: copy [\d.]+ GB\/s, multiply-add [\d.]+ GFLOP\/s$/);
    expect(header.split(/ {2,}/)).toEqual(["kernel", "sizes", "median", "spread", "GFLOP/s", "GB/s", "of copy", "of peak", "clock"]);
    expect(row).toMatch(/^matmul {2}M 8 N 7 K 6 {2,}[\d.]+ [nµm]s {2,}±[\d.]+ % {2,}[\d.]+ {2,}[\d.]+ {2,}[\d.]+ % {2,}[\d.]+ % {2}host$/);
    expect(rest).toEqual(["", "written: page.html", ""]);
    const page = await readFile(join(folder.path, "page.html"), "utf8");
    expect(page).toContain("elbograd bench matmul --device cpu --time 20 --shape");
    expect(page).toMatch(/<\/html>\n$/);
  });

  it("writes a report, which --json prints as well and --compare reads", async () => {
    const { code, out } = await bench(`${SMALL} --json --out a.json`);
    expect(code).toBe(0);
    const report = JSON.parse(out) as BenchFile;
    const file = join(folder.path, "a.json");
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(report);
    expect(report).toMatchObject({ device: "cpu", software: false, clock: "host", seed: 0, timeMs: 20 });
    expect(report.results).toMatchObject([{ kernel: "matmul", flops: 2 * 8 * 7 * 6 }]);
    const again = await readBench(file);
    expect(compareBenches(again, again).ratios).toMatchObject([{ kernel: "matmul", ratio: 1, withinNoise: true }]);
  });

  it("times without a name the kernels that a training step launches", async () => {
    const device = await openDevice("cpu");
    const data = dataset(device, new Uint8Array(4 * 12), { columns: 12, scale: 1 / 255 });
    const vae = new Vae(device, { input: 12, hidden: [8], latent: 2, likelihood: bernoulli(), seed: 0 });
    const trainer = new Trainer(vae, data, { batchSize: 4, seed: 1, capture: false });
    const launched = new Set<string>();
    device.watch({ allocated: () => undefined, launched: ({ kernel }) => launched.add(kernel.name) }, () => trainer.steps(1));
    expect([...launched].filter((name) => kernelNames().includes(name))).toEqual(STEP);
    await device.close();
  });
});

describe("bench --compare", () => {
  const timing = (kernel: string, medianMs: number, spread: number, M = 1): KernelTiming => {
    const [lowerMs, upperMs] = [medianMs * (1 - spread), medianMs * (1 + spread)];
    return { kernel, sizes: { M }, medianMs, lowerMs, upperMs, minMs: lowerMs, maxMs: upperMs, samples: 9 };
  };
  const file = (results: readonly KernelTiming[], software = false): BenchFile => {
    return {
      device: "webgpu",
      adapter: "an adapter",
      software,
      clock: "GPU",
      peaks: { gbPerSecond: 1, gflops: 1 },
      versions: {},
      seed: 0,
      timeMs: 1,
      results,
    };
  };
  const before = file([
    timing("halved", 2, 0.1),
    timing("noisy", 1, 0.2),
    timing("doubled", 1, 0.1),
    timing("gone", 1, 0),
    timing("halved", 2, 0.1, 7),
  ]);
  const after = file([timing("doubled", 2, 0.1), timing("halved", 1, 0.1), timing("noisy", 1.2, 0.2), timing("new", 1, 0)], true);

  it("gives ratios of medians with the interval that both spreads leave, and says where it holds 1", () => {
    const { ratios, onlyBefore, onlyAfter } = compareBenches(before, after);
    expect(ratios.map(({ kernel, ratio, withinNoise }) => [kernel, ratio, withinNoise])).toEqual([
      ["halved", 0.5, false],
      ["noisy", 1.2, true],
      ["doubled", 2, false],
    ]);
    expect(ratios[0]!.lower).toBeCloseTo(0.9 / 2.2, 12);
    expect(ratios[0]!.upper).toBeCloseTo(1.1 / 1.8, 12);
    expect([onlyBefore, onlyAfter]).toEqual([["gone M 1", "halved M 7"], ["new M 1"]]);
  });

  it("prints them with both adapters, software labelled", () => {
    const lines = comparisonTable(["a.json", "b.json"], before, after, compareBenches(before, after)).split("\n");
    expect(lines.slice(0, 2)).toEqual(["before  a.json: webgpu: an adapter", "after   b.json: webgpu: an adapter (software: not a GPU's speed)"]);
    expect(lines.slice(4, 7).map((line) => line.split(/ {2,}/).slice(4))).toEqual([
      ["0.500", "0.409 – 0.611", "2.00× faster"],
      ["1.20", "0.800 – 1.80", "within noise"],
      ["2.00", "1.64 – 2.44", "2.00× slower"],
    ]);
    expect(lines.slice(7)).toEqual(["only before: gone M 1", "only before: halved M 7", "only after: new M 1"]);
  });
});

const KERNELS = "there are matmul, dense, ";

describe("what bench cannot do", () => {
  const cases: [args: string, message: string | RegExp][] = [
    ["matmull", 'bench: there is no kernel "matmull" (did you mean matmul?)'],
    ["paint", `bench: there is no kernel "paint" (${KERNELS}`],
    ["matmul --shape Q=3", "bench: --shape gives sizes of matmul, which are M, N, K, transposeA, transposeB, accumulate, got Q"],
    ["matmul --shape M", 'bench: --shape is names with numbers, such as M=128,N=400,K=784, got "M"'],
    ["matmul --shape M=1.5 --device cpu", "bench: matmul: M is a whole number of at least 0, got 1.5"],
    [
      "matmul --shape M=100000,K=100000 --device cpu",
      "bench: operands: an operand has at most 1073741824 numbers, got 10000000000 (use smaller sizes)",
    ],
    ["matmul --constants TILE=8", "bench: --constants are those of --shader FILE, got TILE without it"],
    ["matmul dense --shader ok.wgsl", "bench: --shader stands for one kernel, got matmul, dense"],
    ["matmul --shader missing.wgsl", "bench: --shader is a file that can be read, got missing.wgsl (ENOENT"],
    ["matmul --shader ok.wgsl --device cpu", "bench: --shader runs on webgpu, got --device cpu (cpu)"],
    ["matmul --shader ok.wgsl --constants TILES=8", "bench: defineKernel: matmul: ok.wgsl has no override TILES, its overrides: TILE"],
    ["matmul --shader params.wgsl", "bench: defineKernel: matmul: field 2 of Params is K: u32 in the record, params.wgsl:4 has Q: u32"],
    ["matmul --out table.csv", 'bench: --out ends in .html, .json, got "table.csv"'],
    ["--compare ok.wgsl", "bench: --compare takes two files, got ok.wgsl"],
    ["--compare missing.json ok.wgsl", "bench: --compare reads two files that bench --out FILE.json has written, got missing.json (ENOENT"],
    [
      "--compare other.json other.json",
      "bench: --compare reads two files that bench --out FILE.json has written, got other.json (it has other contents)",
    ],
  ];
  if (hasWebGpu()) {
    cases.push(
      ["matmul --shader broken.wgsl --device webgpu", /^bench: webgpu: shader "broken" failed to compile at broken\.wgsl:16:\d+: .*zero/],
      [
        "matmul --shape M=32768,N=32768,K=1 --device webgpu",
        /^bench: matmul: output 0 takes 4294967296 bytes, the adapter binds at most \d+ \(maxStorageBufferBindingSize; use smaller sizes\)/,
      ],
    );
  }

  it.each(cases)("is said in one line, before anything is printed or written: bench %s", async (args, message) => {
    await writeShaders();
    const before = await readdir(folder.path);
    const words = args.split(" ").map((word) => (/\.(wgsl|json)$/.test(word) ? join(folder.path, word) : word));
    const error: unknown = await command.run(words, new AbortController().signal).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    const said = (error as Error).message.replaceAll(`${folder.path}/`, "");
    if (typeof message === "string") expect(said.slice(0, message.length)).toBe(message);
    else expect(said).toMatch(message);
    expect(await readdir(folder.path)).toEqual(before);
  });

  it("has exit code 2", async () => {
    const { code, out, err } = await bench("matmul --shape Q=3");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^bench: --shape .*\n$/);
  });

  it.skipIf(!hasWebGpu())("shows the first wrong element of a wrong shader, with exit code 1, and times nothing", async () => {
    await writeShaders();
    const { code, out, err } = await bench("matmul --shader wrong.wgsl --device webgpu --out wrong.html");
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(ownWords(err)).toMatch(
      /^bench: nothing was timed, matmul: wrong at M 1 N 1 K 1 on webgpu .*: 1 of 1 elements, the first c\[0\]: got 0, want [-\d.e]+ ± .*\n$/,
    );
    expect(await readdir(folder.path)).not.toContain("wrong.html");
  });

  it.skipIf(!hasWebGpu())("times a right shader with the tile that it is given, and says that a software adapter is one", async () => {
    await writeShaders();
    const { code, out } = await bench("matmul --shader ok.wgsl --constants TILE=4 --device webgpu --time 20 --shape M=8,N=7,K=6");
    expect(code).toBe(0);
    const { software } = await infoOf();
    expect(out.split("\n")[0]!.endsWith("(software: not a GPU's speed)")).toBe(software);
    expect(out).toMatch(/^matmul {2}M 8 N 7 K 6 .* (GPU|host)$/m);
  });
});

async function infoOf(): Promise<{ readonly software: boolean }> {
  const device = await openDevice("webgpu");
  await device.close();
  return device.info;
}

const SHADER = `// C[m,n] (+)= Σk A[m,k]·B[k,n]
// tile TILE x TILE
override TILE = 8u;
struct Params { M: u32, N: u32, K: u32, a_m: u32, a_k: u32, b_k: u32, b_n: u32, accumulate: u32 }
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> c: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(TILE, TILE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let p = params;
  let m = id.y;
  let n = id.x;
  if (m >= p.M || n >= p.N) { return; }
  var sum = 0.0;
  for (var k = 0u; k < p.K; k++) { sum += a[m * p.a_m + k * p.a_k] * b[k * p.b_k + n * p.b_n]; }
  let at = m * p.N + n;
  if (p.accumulate == 1u) { sum += c[at]; }
  c[at] = sum;
}
`;

async function writeShaders(): Promise<void> {
  const files = {
    "ok.wgsl": SHADER,
    "wrong.wgsl": SHADER.replace("k < p.K", "k + 1u < p.K"),
    "broken.wgsl": SHADER.replace("sum = 0.0", "sum = zero()"),
    "params.wgsl": SHADER.replace("K: u32", "Q: u32"),
    "other.json": '{ "results": [{ "kernel": "matmul" }] }',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder.path, name), text);
}
