/** interrupt: how long each function keeps the event loop waiting, by device, and how long each command runs on after Ctrl-C. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  baselines,
  bernoulli,
  collapse,
  dataset,
  type Dataset,
  type Device,
  type DeviceName,
  estimateNll,
  evaluate,
  gaussianLearned,
  key,
  Vae,
} from "elbograd";
import { readNumbers, writeTable } from "elbograd/node";
import { withDevice } from "../harness.ts";
import type { OptionName, Options } from "../options.ts";
import { type Column, header, tableRow } from "../table.ts";
import { workloadNamed } from "../workloads.ts";

export const INTERRUPT_TAKES: readonly OptionName[] = ["device"];

const ROWS = 1000;
/** When Ctrl-C comes, in milliseconds from the start of a command. */
const MOMENT = 3000;

interface Block {
  readonly what: string;
  readonly device: string;
  readonly ms: number;
  readonly longestMs: number;
}

interface End {
  readonly command: string;
  readonly code: number | null;
  readonly seconds: number;
}

const BLOCK_COLUMNS: readonly Column<Block>[] = [
  { title: "function", width: 24, of: ({ what }) => what, words: true },
  { title: "device", width: 7, of: ({ device }) => device, words: true },
  { title: "ms", width: 8, of: ({ ms }) => ms.toFixed(0) },
  { title: "longest block, ms", width: 17, of: ({ longestMs }) => longestMs.toFixed(1) },
];

const END_COLUMNS: readonly Column<End>[] = [
  { title: "command", width: 12, of: ({ command }) => command, words: true },
  { title: "exit code", width: 9, of: ({ code }) => code?.toString() },
  { title: "s from Ctrl-C", width: 13, of: ({ seconds }) => seconds.toFixed(2) },
];

/** Prints both tables, or with --json a line for each row. */
export async function runInterrupt({ device = ["cpu", "wasm", "webgpu"], json }: Options): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "elbograd-interrupt-"));
  try {
    if (!json) console.log(header(BLOCK_COLUMNS));
    for (const name of device) {
      for await (const block of blocksOn(name, folder)) console.log(json ? JSON.stringify(block) : tableRow(BLOCK_COLUMNS, block));
    }
    if (!json) console.log(`\n${header(END_COLUMNS)}`);
    for await (const end of endsOf(folder)) console.log(json ? JSON.stringify(end) : tableRow(END_COLUMNS, end));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every function that works for long, on a model of W1's size. */
function functionsOf(vae: Vae, x: Dataset, folder: string): Readonly<Record<string, () => Promise<unknown>>> {
  const [input, latent] = [vae.config.input, vae.config.latent];
  const numbers = Float32Array.from({ length: ROWS * input }, (_, i) => Math.sin(i));
  const file = join(folder, "rows.csv");
  return {
    evaluate: () => evaluate(vae, x),
    "estimateNll, S = 5": () => estimateNll(vae, x, { samples: 5 }),
    "sample, means": () => vae.sample(ROWS, key(0)),
    "sample, draws": () => vae.sample(ROWS, key(0), { draw: "sample" }),
    posterior: () => vae.posterior(x),
    reconstruct: () => vae.reconstruct(x),
    decodeLatents: () => vae.decodeLatents(new Float32Array(ROWS * latent)),
    collapse: () => collapse(vae, x),
    "baselines, bernoulli": () => baselines(x, x, { likelihood: bernoulli(), latent }),
    "baselines, gaussian": () => baselines(x, x, { likelihood: gaussianLearned(), latent }),
    writeTable: () => writeTable(file, { values: numbers, columns: input }),
    readNumbers: () => readNumbers(file),
  };
}

async function* blocksOn(name: DeviceName, folder: string): AsyncGenerator<Block> {
  const found: Block[] = [];
  const measureAll = async (device: Device): Promise<void> => {
    const { input, hidden, latent } = workloadNamed("W1");
    const vae = new Vae(device, { input, hidden, latent, likelihood: bernoulli(), seed: 0 });
    const bytes = Uint8Array.from({ length: ROWS * input }, (_, i) => (i * 31 + (i >> 9) * 17) % 256);
    const x = dataset(device, bytes, { columns: input, scale: 1 / 255 });
    for (const [what, work] of Object.entries(functionsOf(vae, x, folder))) {
      // the first call compiles
      await work();
      found.push({ what, device: device.name, ...(await longestBlock(work)) });
    }
  };
  try {
    await withDevice({ name }, measureAll);
  } catch (error) {
    if (name !== "webgpu" || found.length > 0) throw error;
    console.error(`webgpu is left out: ${(error as Error).message}`);
  }
  yield* found;
}

/** The longest time in which a timer that asks for every millisecond did not come to its turn. */
async function longestBlock(work: () => Promise<unknown>): Promise<Pick<Block, "ms" | "longestMs">> {
  const start = performance.now();
  let [last, longestMs] = [start, 0];
  const look = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  await work();
  look();
  clearInterval(timer);
  return { ms: performance.now() - start, longestMs };
}

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

async function* endsOf(folder: string): AsyncGenerator<End> {
  const train = "train --data digits --hidden 64 --latent 2 --device cpu --out";
  execFileSync(process.execPath, [MAIN, ...train.split(" "), "model", "--epochs", "1"], { cwd: folder, stdio: "ignore" });
  writeFileSync(join(folder, "digits.csv"), Array.from({ length: 400_000 }, (_, i) => `${"7,".repeat(63)}${i % 16}\n`).join(""));
  const model = "--model model/model.safetensors --device cpu";
  const commands = [
    `${train} run --epochs 1000000 --checkpoint-every 100`,
    "recipe iwae-mnist --device cpu --out recipe",
    `sample ${model} --count 2000000 --out rows.csv`,
    `reconstruct ${model} --data digits.csv --out rows.csv`,
    `encode ${model} --data digits.csv --out rows.csv`,
    `interpolate ${model} --data digits --steps 2000000 --out rows.csv`,
    `traverse ${model} --steps 1000000 --out rows.csv`,
    `evaluate ${model} --data digits --nll-samples 1000000`,
    "bench --device cpu --time 100000",
    "trace --data mnist --device cpu --hidden 400 --latent 20",
    "verify --device cpu",
    "info",
  ];
  for (const command of commands) yield await endOf(command, folder);
}

/** Of a command that is done before the signal comes, there is nothing to tell. */
async function endOf(command: string, folder: string): Promise<End> {
  const child = spawn(process.execPath, [MAIN, ...command.split(" ")], { cwd: folder, stdio: "ignore" });
  let sent = NaN;
  const timer = setTimeout(() => {
    sent = performance.now();
    child.kill("SIGINT");
  }, MOMENT);
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  clearTimeout(timer);
  return { command: command.split(" ")[0]!, code, seconds: (performance.now() - sent) / 1000 };
}
