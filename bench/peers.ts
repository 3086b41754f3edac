/** peers: the same work in other frameworks and in elbograd, in one run: round after round each has its turn, as a process of its own. */
import { execFile } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { promisify } from "node:util";
import { LATENTS } from "./decode.ts";
import { median, stepTimingOf } from "./harness.ts";
import type { OptionName, Options } from "./options.ts";
import { type Contender, contenders, installPeers, type PeerDevice, PEERS, pythonWithTorch } from "./peers_install.ts";
import { defaultShapes, productFlops, shapeName, type Sizes } from "./shapes.ts";
import { type Column, header, tableRow } from "./table.ts";
import { allWorkloads, decodeFlops, trainFlops, type Workload } from "./workloads.ts";

export const PEERS_TAKE: readonly OptionName[] = ["workload", "mode", "shape", "device", "threads", "rounds"];

const MODES = ["train", "decode", "matmul"] as const;
type Mode = (typeof MODES)[number];

/** What every contender is given to do. */
interface Job {
  readonly mode: Mode;
  readonly device: PeerDevice;
  readonly name: string;
  readonly flops: number;
  readonly work: { readonly workload?: Workload; readonly shape?: readonly number[]; readonly rows?: number };
}

/** What one process answers. */
interface Answer {
  readonly version: string;
  readonly ms: number;
  /** Of all its threads together: the better measure on a machine that others use as well. */
  readonly cpuMs: number;
  readonly check: readonly number[];
}

interface Line {
  readonly bench: "peers";
  readonly mode: Mode;
  readonly device: PeerDevice;
  readonly workload: string;
  readonly peer: string;
  readonly threads: number;
  readonly version?: string;
  readonly stepMs?: number;
  readonly minMs?: number;
  readonly maxMs?: number;
  readonly samples?: number;
  readonly cpuMs?: number;
  readonly gflops?: number;
  /** Its time over elbograd's, by elbograd's threads. */
  readonly ratios?: Readonly<Record<string, number>>;
  readonly failed?: string;
}

export async function runPeers({
  workload = allWorkloads,
  mode = MODES,
  shape = defaultShapes,
  device = ["wasm"],
  threads,
  rounds = 3,
  json,
}: Options): Promise<void> {
  if (threads && !device.includes("wasm")) throw new RangeError(`bench: --threads belongs to wasm, got --device ${device.join(",")}`);
  const jobs = device.flatMap((on) => mode.flatMap((name) => jobsOf(checkedDevice(on), name, workload, shape)));
  await installPeers();
  const python = await pythonWithTorch();
  if (!json && python === undefined) console.log("without PyTorch: no python3 here can import torch (PYTHON=… names another one)");
  for (const job of jobs) {
    const teams = job.device === "wasm" ? (threads ?? [1, 2]) : [1];
    const columns = columnsOf(teams);
    const lines = await compete(job, contenders(job.device, teams, python, job.mode), rounds);
    if (lines.some(({ failed }) => failed !== undefined)) process.exitCode = 1;
    if (json) {
      for (const line of lines) console.log(JSON.stringify(line));
    } else {
      const load = `load average ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores`;
      console.log(
        [
          `${job.mode} ${job.name} on ${job.device}, ${rounds} rounds, ${load}`,
          header(columns),
          ...lines.map((line) => tableRow(columns, line)),
          "",
        ].join("\n"),
      );
    }
  }
}

function checkedDevice(name: string): PeerDevice {
  if (name !== "wasm" && name !== "webgpu") throw new RangeError(`bench: peers run on wasm or webgpu, got --device ${name}`);
  return name;
}

function jobsOf(device: PeerDevice, mode: string, workloads: readonly (readonly [string, Workload])[], shapes: readonly Sizes[]): Job[] {
  switch (mode) {
    case "train":
      return workloads.map(([name, workload]) => ({ mode, device, name, flops: trainFlops(workload), work: { workload } }));
    case "decode":
      return workloads.map(([name, workload]) => ({ mode, device, name, flops: decodeFlops(workload, LATENTS), work: { workload, rows: LATENTS } }));
    case "matmul":
      return shapes.map((sizes) => ({
        mode,
        device,
        name: shapeName(sizes),
        flops: productFlops(sizes),
        work: { shape: [sizes.M, sizes.N, sizes.K] },
      }));
    default:
      throw new RangeError(`bench: --mode is one of ${MODES.join(", ")}, got "${mode}"`);
  }
}

function columnsOf(threads: readonly number[]): Column<Line>[] {
  return [
    { title: "peer", width: 37, of: (line) => `${line.peer} ${line.version ?? ""}`, words: true },
    { title: "threads", width: 7, of: (line) => `${line.threads}` },
    { title: "median ms", width: 10, of: (line) => line.stepMs?.toFixed(3) },
    { title: "min", width: 10, of: (line) => line.minMs?.toFixed(3) },
    { title: "max", width: 10, of: (line) => line.maxMs?.toFixed(3) },
    { title: "CPU ms", width: 10, of: (line) => line.cpuMs?.toFixed(3) },
    { title: "GFLOP/s", width: 8, of: (line) => line.gflops?.toFixed(2) },
    ...threads.map((n) => ({
      title: `to elbograd's ${n === 1 ? "1 thread" : `${n} threads`}`,
      width: 23,
      of: ({ ratios }: Line) => ratios && `${ratios[n]?.toFixed(2) ?? "?"}×`,
    })),
    { title: "", width: 0, of: ({ failed }) => (failed === undefined ? "" : `failed: ${failed}`), words: true },
  ];
}

/** One contender's turns so far. */
interface ContenderRun {
  readonly contender: Contender;
  readonly answers: Answer[];
  failed?: string;
}

/** So slow that one round says enough. */
const SLOW_MS = 2000;

async function compete(job: Job, all: readonly Contender[], rounds: number): Promise<Line[]> {
  const runs = all.map((contender): ContenderRun => ({ contender, answers: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const run of runs) {
      if (run.failed !== undefined || (run.answers.at(-1)?.ms ?? 0) > SLOW_MS) continue;
      try {
        const answer = await turn(run.contender, job);
        checkSameWork(job, answer, runs[0]!.answers[0]);
        run.answers.push(answer);
      } catch (error) {
        run.failed = error instanceof Error ? error.message : String(error);
      }
    }
  }
  const own = runs.filter(({ contender, failed }) => contender.own && failed === undefined);
  return runs.map((run) => lineOf(job, run, own));
}

const clock = ({ answers }: ContenderRun): number[] => answers.map(({ ms }) => ms);

function lineOf(job: Job, run: ContenderRun, own: readonly ContenderRun[]): Line {
  const { peer, threads } = run.contender;
  const line: Line = { bench: "peers", mode: job.mode, device: job.device, workload: job.name, peer, threads };
  if (run.failed !== undefined) return { ...line, failed: run.failed };
  const timing = stepTimingOf(clock(run));
  return {
    ...line,
    ...timing,
    version: run.answers[0]!.version,
    cpuMs: median(run.answers.map(({ cpuMs }) => cpuMs)),
    gflops: job.flops / (timing.stepMs * 1e6),
    ratios: Object.fromEntries(own.map((other) => [other.contender.threads, timing.stepMs / median(clock(other))])),
  };
}

/** A turn that takes longer than this has failed. Some drivers compile a peer's shaders for minutes when they see them first. */
const LIMIT_MS = 900_000;

async function turn({ command: [program, ...args], env, threads }: Contender, { mode, device, work }: Job): Promise<Answer> {
  const options = { cwd: PEERS, env: { ...process.env, ...env }, timeout: LIMIT_MS };
  const job = JSON.stringify({ mode, device, threads, ...work });
  const { stdout } = await promisify(execFile)(program!, [...args, job], options).catch((error: Error & { killed?: boolean; stderr?: string }) => {
    const lines = (error.stderr ?? "").split("\n").filter((line) => /Error|error/.test(line));
    throw new Error(error.killed ? `it took more than ${LIMIT_MS / 1000} s` : (lines[0] ?? error.message.split("\n")[0]));
  });
  const line = stdout.split("\n").findLast((text) => text.startsWith("{"));
  if (line === undefined) throw new Error("it printed no answer");
  return JSON.parse(line) as Answer;
}

/**
 * All start from the same weights and data. Products differ by rounding alone; the loss of the first step, in nats per example, also by the noise,
 * of which each framework draws its own.
 */
function checkSameWork({ mode }: Job, { check }: Answer, own: Answer | undefined): void {
  const tolerance = mode === "train" ? 0.01 : 1e-4;
  const same = own?.check.every((want, i) => Math.abs(check[i]! - want) <= tolerance * Math.max(1, Math.abs(want)));
  if (own && !same) throw new Error(`it computes ${check.join(", ")} where elbograd computes ${own.check.join(", ")}`);
}
