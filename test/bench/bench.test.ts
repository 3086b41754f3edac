/** The benches' command line: what is wrong with it is said in one line, and a line of results has all its numbers, whatever they are. */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { elbograd, type Result, root } from "../support/cli_run.ts";
import { hasWebGpu } from "../support/raw_webgpu.ts";

const MAIN = join(root, "build/bench/main.js");
const bench = (...args: string[]): Promise<Result> => elbograd(root, args, { main: MAIN });

async function lines(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await bench(...args, "--json");
  // Dawn tells on stderr what it makes of a driver's limits
  expect({ code, err: err.replace(/^Warning: max\w+ artificially reduced .*\n/gm, "") }).toEqual({ code: 0, err: "" });
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

beforeAll(() => {
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "bench")], { stdio: "inherit" });
});

describe("a command line of the benches that is wrong", () => {
  const cases: [message: string, args: string[]][] = [
    ["bench: the benches are train_step, launches, matmul, decode, memory, devices, open, accuracy, interrupt, ladder, peers, tables, got none", []],
    [
      'bench: the benches are train_step, launches, matmul, decode, memory, devices, open, accuracy, interrupt, ladder, peers, tables, got "constructor"',
      ["constructor"],
    ],
    ["bench: accuracy takes --device, --function, --write and --json, got --shape", ["accuracy", "--shape", "1,2,3"]],
    ["bench: tables takes what is measured, --read or --table, got nothing", ["tables"]],
    ['bench: the tables are penguins, credit, weather, attrition, churn, got "iris"', ["tables", "--table", "iris", "--json"]],
    ["bench: one bench at a time, got open decode", ["open", "decode"]],
    ["bench: matmul takes --shape, --device, --threads and --json, got --workload", ["matmul", "--workload", "W1"]],
    ["bench: peers takes --workload, --mode, --shape, --device, --threads, --rounds and --json, got --steps", ["peers", "--steps", "5"]],
    ["bench: ladder takes --device, --shape, --time, --write and --json, got --batch", ["ladder", "--batch", "5"]],
    ["bench: the rungs of a ladder run on webgpu, wasm, cpu, got --device auto", ["ladder", "--device", "auto"]],
    ["bench: ladder takes one shape, got 2", ["ladder", "--shape", "1,2,3", "--shape", "4,5,6"]],
    ['bench: --time is a whole number of at least 1, got "0"', ["ladder", "--time", "0"]],
    ["bench: --threads belongs to wasm, got --device webgpu", ["peers", "--device", "webgpu", "--threads", "2"]],
    ["bench: peers run on wasm or webgpu, got --device cpu", ["peers", "--device", "cpu"]],
    ['bench: the workloads are W1, W2, W3, got "W4"', ["train_step", "--workload", "W1,W4"]],
    ['bench: a shape is three whole numbers M,N,K, got "1,2" (for example --shape 128,400,784)', ["matmul", "--shape", "1,2"]],
    ['bench: --batch is a whole number of at least 1, got "0"', ["train_step", "--batch", "128,0"]],
    ['bench: --threads is a whole number of at least 1, got "1.5"', ["open", "--threads", "1.5"]],
    ["bench: --threads belongs to wasm, got --device cpu", ["open", "--device", "cpu", "--threads", "2"]],
    ['bench: --mode is one of train, decode, matmul, got "sample"', ["peers", "--mode", "sample"]],
    ['openDevice: the devices are "auto", "cpu", "wasm" and "webgpu", got "tpu"', ["open", "--device", "tpu", "--json"]],
  ];

  it.each(cases)("is answered by one line and exit code 2: %s", async (message, args) => {
    expect(await bench(...args)).toEqual({ code: 2, out: "", err: `${message}\n` });
  });

  it("is answered by one line and exit code 2 for a function that does not exist", async () => {
    const { code, out, err } = await bench("accuracy", "--function", "exp,swish");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^bench: the functions are abs, clamp, .*, got "swish"\n$/);
  });

  it("is answered by one line and exit code 2 for an option that does not exist", async () => {
    const { code, out, err } = await bench("open", "--devices", "cpu");
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(/^Unknown option '--devices'.*\n$/);
  });
});

describe("peers", () => {
  // beside the built benches, so that they find the package, but without what a machine may have installed
  const folder = join(root, "build/offline");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("says in one line that it needs the network, with exit code 2", async () => {
    cpSync(join(root, "build/bench"), join(folder, "build/bench"), { recursive: true });
    cpSync(join(root, "bench/peers/package.json"), join(folder, "bench/peers/package.json"));
    const main = join(folder, "build/bench/main.js");
    // nobody listens there
    const env = { npm_config_registry: "http://127.0.0.1:9/", npm_config_fetch_retry_mintimeout: "1", npm_config_cache: join(folder, "cache") };
    const { code, out, err } = await elbograd(root, ["peers"], { main, env });
    expect({ code, out }).toEqual({ code: 2, out: "" });
    const [installing, failed, ...rest] = err.split("\n");
    expect(installing).toMatch(/^installing @jax-js\/jax@[\d.]+, .* into bench\/peers\/node_modules$/);
    expect(failed).toMatch(
      /^peers: npm install in bench\/peers failed: .*127\.0\.0\.1:9.* \(it needs the network; run it again when there is one\)$/,
    );
    expect(rest).toEqual([""]);
  });
});

const NUMBER = expect.any(Number) as number;

describe("a bench", () => {
  const timing = { stepMs: NUMBER, minMs: NUMBER, maxMs: NUMBER, samples: NUMBER };

  it("says of a product on each device and number of threads how fast it is, and which share of the SIMD peak that is", async () => {
    const results = await lines("matmul", "--shape", "8,8,8", "--device", "wasm,cpu", "--threads", "1,2");
    expect(results.map(({ device, threads }) => [device, threads])).toEqual([
      ["wasm", 1],
      ["wasm", 2],
      ["cpu", 1],
    ]);
    for (const result of results) {
      expect(result).toMatchObject({ bench: "matmul", workload: "8×8×8", ...timing, software: false });
      const { gflops, peakGflops, ofPeak, stepMs, threads } = result as Record<string, number>;
      expect(gflops).toBeCloseTo((2 * 8 * 8 * 8) / (stepMs! * 1e6), 12);
      expect(ofPeak).toBeCloseTo(gflops! / (peakGflops! * threads!), 12);
    }
  });

  it("says what a training step costs for each example, in batches of any size", async () => {
    const results = await lines("train_step", "--workload", "W3", "--batch", "16", "--device", "wasm", "--threads", "1");
    expect(results).toMatchObject([{ bench: "train_step", workload: "W3", batch: 16, ...timing }]);
    const [{ stepMs, usPerExample, gflops }] = results as [Record<string, number>];
    expect(usPerExample).toBeCloseTo((stepMs! * 1000) / 16, 12);
    // 64-64-8-64-64: the layers forward, dW and dX, but no dX for the first
    const products = 64 * 64 + 64 * 16 + 8 * 64 + 64 * 64;
    expect(gflops).toBeCloseTo((2 * 16 * (3 * products - 64 * 64)) / (stepMs! * 1e6), 12);
  });

  it.skipIf(!hasWebGpu())("says what a training step asks of WebGPU, and by which clock each of its launches was timed", async () => {
    const [step] = await lines("train_step", "--workload", "W3", "--device", "webgpu");
    expect(step).toMatchObject({ buffersCreated: 0, bindGroupsCreated: 0, submits: 1 / 16, writes: 2 / 16, writeBytes: 256 + 4 * 32 });
    const launches = await lines("launches", "--workload", "W3", "--device", "webgpu");
    expect(step!["dispatches"]).toBe(launches.length);
    for (const launch of launches) expect(launch).toMatchObject({ ...timing, clock: expect.stringMatching(/^(GPU|host)$/) as string });
    // Adam alone reads four numbers of each parameter, and writes three
    const parameters = 2 * (64 * 64 + 64) + 17 * 8 * 2 * 4;
    expect(step!["bytesMoved"]).toBeGreaterThan(7 * 4 * parameters);
    expect(step!["bytesMoved"]).toBeLessThan(3 * 7 * 4 * parameters);
  });

  it("says of each launch of a training step, in order, which kernel it is and which part of the time it takes", async () => {
    const launches = await lines("launches", "--workload", "W3", "--device", "cpu");
    expect(launches[0]).toMatchObject({ bench: "launches", workload: "W3", kernel: "dense_relu", shape: "M 32 N 64 K 64", clock: "host", ...timing });
    expect(launches.at(-1)).toMatchObject({ kernel: "adam" });
    const [{ gflops, gbPerSecond, stepMs }] = launches as [Record<string, number>];
    expect(gflops).toBeCloseTo((2 * 32 * 64 * 64) / (stepMs! * 1e6), 12);
    expect(gbPerSecond).toBeCloseTo((4 * (32 * 64 + 64 * 64 + 64 + 32 * 64)) / (stepMs! * 1e6), 12);
    expect(launches.reduce((sum, { share }) => sum + (share as number), 0)).toBeCloseTo(1, 12);
  });

  it("says of each rung of a ladder how fast it is, beside the one before and the first", async () => {
    const rungs = await lines("ladder", "--device", "cpu,wasm", "--shape", "9,10,11", "--time", "20");
    expect(rungs.map(({ rung }) => rung)).toEqual(["naive", "rows", "registers", "SIMD", "threads"]);
    for (const [i, rung] of rungs.entries()) {
      expect(rung).toMatchObject({ bench: "ladder", ladder: "cpu", M: 9, N: 10, K: 11, device: i < 3 ? "cpu" : "wasm", threads: i < 4 ? 1 : 2 });
      const { gflops, medianMs, timesBefore, timesFirst, ofPeak } = rung as Record<string, number>;
      expect(gflops).toBeCloseTo((2 * 9 * 10 * 11) / (medianMs! * 1e6), 12);
      expect(timesBefore).toBeCloseTo((rungs[Math.max(0, i - 1)]!["medianMs"] as number) / medianMs!, 9);
      expect(timesFirst).toBeCloseTo((rungs[0]!["medianMs"] as number) / medianMs!, 9);
      expect(ofPeak).toBeGreaterThan(0);
    }
  });

  it("says what is held after some training steps", async () => {
    const results = await lines("memory", "--steps", "30,10", "--device", "wasm", "--threads", "1");
    expect(results.map(({ step }) => step)).toEqual([10, 30]);
    const [before, after] = results as [Record<string, number>, Record<string, number>];
    expect(after["deviceBytes"]).toBe(before["deviceBytes"]);
    expect(after["created"]).toBe(before["created"]);
    expect(after["residentBytes"]).toBeGreaterThan(after["deviceBytes"]!);
  });

  it("prints a table whose header stands above its numbers", async () => {
    const { code, out } = await bench("open", "--device", "cpu");
    expect(code).toBe(0);
    const [header, line] = out.split("\n") as [string, string];
    expect(header.split(/ {2,}/)).toEqual(["bench", "workload", "device", "threads", "median ms", "min", "max", "samples", "adapter"]);
    expect(line.indexOf("JavaScript typed arrays")).toBe(header.indexOf("adapter"));
  });
});
