/**
 * The command killed while it writes checkpoints, alone and as one of two in a folder: what is left loads, and the run that goes on from it ends with the
 * bits of one that was never disturbed. TEST_LONG=1 kills two hundred times and fifty, or KILLS and a quarter of them.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, watch } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHECKPOINT_FILE, readCheckpoint } from "../../src/node/checkpoints.ts";
import { LOCK_FILE } from "../../src/node/lock.ts";
import { forEachBits, key, uniformOf } from "../../src/random.ts";
import { MAIN, testFolder } from "../support/cli_run.ts";

const LONG = process.env["TEST_LONG"] === "1";
const KILLS = Number(process.env["KILLS"] ?? (LONG ? 200 : 3));
const PAIRS = LONG ? Math.ceil(KILLS / 4) : 1;
/** 15 steps each: more than are done between so many kills. */
const EPOCHS = LONG ? 40 : 3;

const { path: folder, run } = testFolder();

/** A run that writes half a megabyte after every step; it goes on from what is there. */
function args(out: string): string[] {
  const line = `train --data digits --device cpu --hidden 200 --latent 3 --batch-size 100 --epochs ${EPOCHS} --checkpoint-every 1 --json --out ${out}`;
  return [...line.split(" "), ...(existsSync(join(folder, out, CHECKPOINT_FILE)) ? ["--resume", out] : [])];
}

interface Life {
  readonly child: ChildProcess;
  readonly end: Promise<{ readonly code: number | null; readonly err: string }>;
}

function start(out: string): Life {
  const child = spawn(process.execPath, [MAIN, ...args(out)], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  let err = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const end = new Promise<{ code: number | null; err: string }>((resolve, reject) => {
    child.on("error", reject).on("close", (code) => resolve({ code, err }));
  });
  return { child, end };
}

/** Kills the process `delay` milliseconds after it has begun to write its checkpoint number `which`, from 0. */
async function killAtWrite({ child, end }: Life, out: string, which: number, delay: number): Promise<void> {
  const begun = new Set<string>();
  const watcher = watch(join(folder, out), (_, name) => {
    if (!name?.startsWith(`.${CHECKPOINT_FILE}.`) || begun.has(name)) return;
    if (begun.add(name).size === which + 1) setTimeout(() => child.kill("SIGKILL"), delay);
  });
  const { code, err } = await end;
  watcher.close();
  expect({ code, err: code === null ? "" : err }).toEqual({ code: null, err: "" });
}

/** Looks at what a killed process has left; whether it was amid writing. */
async function checkLeft(out: string): Promise<boolean> {
  const names = await readdir(join(folder, out));
  expect(names).toContain(LOCK_FILE);
  const torn = names.some((name) => name.endsWith(".tmp"));
  if (!names.includes(CHECKPOINT_FILE)) return torn;
  const { state } = await readCheckpoint(join(folder, out));
  expect(state.step).toBeGreaterThan(0);
  expect((await readdir(join(folder, out))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  return torn;
}

async function finish(out: string): Promise<Buffer> {
  const { code } = await run(args(out));
  expect(code).toBe(0);
  expect((await readdir(join(folder, out))).filter((name) => name.startsWith(".") || name.startsWith(LOCK_FILE))).toEqual([]);
  return await readFile(join(folder, out, "model.safetensors"));
}

let undisturbed: Promise<Buffer> | undefined;
const whole = (): Promise<Buffer> => (undisturbed ??= finish("whole"));

function uniforms(seed: number, count: number): number[] {
  const drawn: number[] = [];
  forEachBits(...key(seed).words, count, (_, bits) => drawn.push(uniformOf(bits)));
  return drawn;
}

test(
  `a run that is killed ${KILLS} times while it writes goes on each time, and ends with the bits of one that was not`,
  { timeout: 3_600_000 },
  async () => {
    await mkdir(join(folder, "alone"));
    let torn = 0;
    for (const drawn of uniforms(5, KILLS)) {
      // at the first or the second checkpoint, after up to 10 ms
      await killAtWrite(start("alone"), "alone", Math.floor(2 * drawn), 10 * ((8 * drawn) % 1));
      torn += Number(await checkLeft("alone"));
    }
    // Some of the kills must have hit a write, or this test would show nothing.
    if (LONG) expect(torn).toBeGreaterThan(KILLS / 10);
    expect(await finish("alone")).toEqual(await whole());
  },
);

test(
  `of two in one folder one is refused, ${PAIRS} times over; the other is killed, and the last one ends with the same bits`,
  { timeout: 3_600_000 },
  async () => {
    await mkdir(join(folder, "pair"));
    for (const drawn of uniforms(6, PAIRS)) {
      const pair = [start("pair"), start("pair")] as const;
      const [loser, winner] = await Promise.race([pair[0].end.then(() => pair), pair[1].end.then(() => [pair[1], pair[0]] as const)]);
      const { code, err } = await loser.end;
      expect(code).toBe(1);
      expect(err).toMatch(new RegExp(`^train: one run at a time is at work in a folder, got pair, where process ${winner.child.pid} on `));
      await killAtWrite(winner, "pair", Math.floor(2 * drawn), 10 * ((8 * drawn) % 1));
      await checkLeft("pair");
    }
    expect(await finish("pair")).toEqual(await whole());
  },
);
