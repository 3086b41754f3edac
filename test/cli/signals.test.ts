/**
 * Ctrl-C in each command: it ends with 130 and leaves nothing half-written. TEST_LONG=1 interrupts each at three moments, and wants its end within a
 * second.
 */
import { spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { writeNpy } from "../../src/formats/npy.ts";
import { digits, MAIN, testFolder } from "../support/cli_run.ts";

const LONG = process.env["TEST_LONG"] === "1";
/** Milliseconds from the start. */
const MOMENTS = LONG ? [300, 1200, 3000] : [1500];

const { path: folder, run } = testFolder();

const MODEL = "model/model.safetensors";
const ROWS = 300_000;

/** Of each command the arguments that keep it busy for long; `out` stands for a place in a folder of its own. */
const busy: Readonly<Record<string, string>> = {
  train: "--data digits --device cpu --epochs 1000000 --out out",
  "train with checkpoints": "--data digits --device cpu --epochs 1000000 --checkpoint-every 10 --out out",
  sample: `--model ${MODEL} --device cpu --count 1000000 --out out/rows.csv`,
  reconstruct: `--model ${MODEL} --device cpu --data rows.npy --out out/rows.npy`,
  encode: `--model ${MODEL} --device cpu --data rows.npy --out out/rows.csv`,
  decode: `--model ${MODEL} --device cpu --latents latents.npy --out out/rows.csv`,
  interpolate: `--model ${MODEL} --device cpu --data digits --steps 1000000 --out out/rows.csv`,
  traverse: `--model ${MODEL} --device cpu --steps 300000 --out out/rows.csv`,
  evaluate: `--model ${MODEL} --device cpu --data digits --nll-samples 1000000`,
  bench: "--device cpu --time 100000 --out out/report.html",
  "recipe iwae-mnist": "--device cpu --epochs 100 --out out",
};

/** Those that may be done before the signal comes. */
const short: Readonly<Record<string, string>> = {
  trace: "--data digits --device cpu --out out/trace.html",
  verify: "--device cpu --report out/report.json",
  info: "",
};

beforeAll(async () => {
  expect((await run(digits("model", "--epochs", "1"))).code).toBe(0);
  await writeFile(join(folder, "rows.npy"), writeNpy([ROWS, 64], new Uint8Array(64 * ROWS).fill(7)));
  await writeFile(join(folder, "latents.npy"), writeNpy([ROWS, 3], new Float32Array(3 * ROWS)));
});

/** The exit code after a Ctrl-C `moment` milliseconds after the start, how long it took from there, and what is left. */
async function interrupted(command: string, args: string, moment: number): Promise<{ code: number; ms: number; left: string[]; err: string }> {
  const out = `${command.replaceAll(" ", "-")}-${moment}`;
  await mkdir(join(folder, out));
  const words = [...command.replace(/ with .*/, "").split(" "), ...args.split(" ")].filter((word) => word !== "");
  const own = words.map((word) => word.replace(/^out(?=$|\/)/, out));
  const child = spawn(process.execPath, [MAIN, ...own], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  let sent = 0;
  setTimeout(() => {
    sent = performance.now();
    child.kill("SIGINT");
  }, moment).unref();
  // before the program has begun, the system ends it
  const code = await new Promise<number>((resolve, reject) => child.on("error", reject).on("close", (exit) => resolve(exit ?? 130)));
  return { code, ms: performance.now() - sent, left: await readdir(join(folder, out)), err };
}

describe.each(MOMENTS)("Ctrl-C after %i ms", (moment) => {
  test.each(Object.entries(busy))("ends %s with 130, and nothing is half-written", async (command, args) => {
    const { code, ms, left, err } = await interrupted(command, args, moment);
    expect({ code, left: left.filter((name) => name !== "checkpoint.safetensors") }, err).toEqual({ code: 130, left: [] });
    if (!/train|recipe/.test(command)) expect(left).toEqual([]);
    if (LONG) expect(ms).toBeLessThan(1000);
  });

  test.each(Object.entries(short))("ends %s with 130, or it is done", async (command, args) => {
    const { code, ms, left, err } = await interrupted(command, args, moment);
    expect([0, 130], err).toContain(code);
    expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
    if (LONG) expect(ms).toBeLessThan(1000);
  });
});
