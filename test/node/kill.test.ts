/** Runs that are killed at random moments while they write checkpoints: what is on disk always loads. TEST_LONG=1 kills a hundred. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CHECKPOINT_FILE, readCheckpoint } from "../../src/node/checkpoints.ts";
import { forEachBits, key, uniformOf } from "../../src/random.ts";
import { root } from "../support/cli_run.ts";

const KILLS = process.env["TEST_LONG"] === "1" ? 100 : 15;

/** Trains for ever, with a checkpoint after every second step; says so at the first one. */
const script = `
  import { bernoulli, dataset, openDevice, train, Vae } from "elbograd";
  import { readDigits, writeCheckpoint } from "elbograd/node";
  const device = await openDevice("cpu");
  const digits = await readDigits();
  const data = dataset(device, digits.train.data, digits.train);
  const vae = new Vae(device, { input: 64, hidden: [32], latent: 2, likelihood: bernoulli(), seed: 0 });
  let first = true;
  const onCheckpoint = async (checkpoint) => {
    await writeCheckpoint(process.argv[1], checkpoint);
    if (first) console.log("written");
    first = false;
  };
  for await (const _ of train(vae, data, { epochs: 1e6, batchSize: 64, seed: 1, checkpointEvery: 2, onCheckpoint })) {}
`;

/** Runs the script and kills it `delay` milliseconds after its first checkpoint. */
async function killed(folder: string, delay: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script, folder], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), delay));
  return new Promise((resolve, reject) => child.on("error", reject).on("close", (_, signal) => resolve(signal)));
}

test(`${KILLS} kills at random moments leave ${KILLS} checkpoints that load`, { timeout: 600_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "elbograd-kill-"));
  const delays: number[] = [];
  forEachBits(...key(4).words, KILLS, (_, bits) => delays.push(40 * uniformOf(bits)));
  let strays = 0;
  for (const delay of delays) {
    expect(await killed(folder, delay)).toBe("SIGKILL");
    strays += (await readdir(folder)).length - 1;
    const { state, tensors } = await readCheckpoint(folder);
    expect(state.step).toBeGreaterThan(0);
    expect(tensors.get("optimizer.v.encoder.0.weight")!.data.every(Number.isFinite)).toBe(true);
    expect(await readdir(folder)).toEqual([CHECKPOINT_FILE]);
  }
  // Some of the kills must have hit a write, or this test would show nothing.
  if (KILLS === 100) expect(strays).toBeGreaterThan(0);
  await rm(folder, { recursive: true });
});
