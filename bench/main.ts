/** npm run bench -- <bench> [options]: runs one bench on the devices asked for and prints a table, or with --json one object per line. */
import { measurePeaks } from "elbograd/lab";
import { ACCURACY_TAKES, runAccuracy } from "./accuracy.ts";
import { decodeBench } from "./decode.ts";
import { devicesBench } from "./devices.ts";
import { type Bench, type Target, withDevice } from "./harness.ts";
import { LADDER_TAKES, runLadders } from "./ladder.ts";
import { INTERRUPT_TAKES, runInterrupt } from "./interrupt/interrupt.ts";
import { launchesBench } from "./launches.ts";
import { matmulBench } from "./matmul.ts";
import { memoryBench } from "./memory.ts";
import { openBench } from "./open.ts";
import { checkTaken, type Options, parseCommandLine } from "./options.ts";
import { PEERS_TAKE, runPeers } from "./peers.ts";
import type { Result } from "./result.ts";
import { columnsNamed, header, tableRow } from "./table.ts";
import { runTables, TABLES_TAKE } from "./tables/tables.ts";
import { trainStepBench } from "./train_step.ts";
import { workloads } from "./workloads.ts";

const W = Object.keys(workloads).join("|");
const USAGE = `npm run bench -- train_step [--workload ${W}] [--batch B]     one training step with Adam
npm run bench -- launches [--workload ${W}] [--batch B]       each launch of a training step
npm run bench -- matmul [--shape M,N,K]                     one product of matrices
npm run bench -- decode [--workload ${W}]                 4096 latents to means
npm run bench -- memory [--workload ${W}] [--steps 100,20000]   what is held after so many training steps
npm run bench -- devices [--workload ${W}] [--steps 20] [--rounds 40]   what is held after so many devices were opened, trained on and closed
npm run bench -- open                                       opening a device
npm run bench -- accuracy [--device cpu,wasm,webgpu] [--function exp,log] [--write]
                                                            element-wise functions over all of f32, against f64
npm run bench -- interrupt [--device cpu,wasm,webgpu]      the event loop's longest block by function, and the time from Ctrl-C to the end by command
npm run bench -- ladder [--device webgpu,wasm,cpu] [--shape M,N,K] [--time MS] [--write]
                                                            the kernels of bench/kernels, from the naive one to the best
npm run bench -- peers [--workload ${W}] [--mode train|decode|matmul] [--shape M,N,K] [--device wasm,webgpu] [--threads 1,2] [--rounds 3]
                                                            the same work in other frameworks, which are installed on demand
npm run bench -- tables --read [--megabytes 300] [--rounds 1]
                                                            a large CSV file to typed columns, beside papaparse's splitting and pandas
npm run bench -- tables --table penguins,credit,weather,attrition,churn
                                                            log density of held-out rows of tables

--device auto|cpu|wasm|webgpu   what to run on
--threads N                     threads of the wasm device
--json                          one object per line

All but --rounds and --time take lists, as in wasm,cpu, and may be given several times; --shape only the latter.`;

const benches: Readonly<Record<string, Bench>> = {
  train_step: trainStepBench,
  launches: launchesBench,
  matmul: matmulBench,
  decode: decodeBench,
  memory: memoryBench,
  devices: devicesBench,
  open: openBench,
};

function benchNamed(name: string | undefined): Bench {
  const bench = name !== undefined && Object.hasOwn(benches, name) ? benches[name] : undefined;
  const names = [...Object.keys(benches), "accuracy", "interrupt", "ladder", "peers", "tables"].join(", ");
  if (!bench) throw new RangeError(`bench: the benches are ${names}, got ${name === undefined ? "none" : `"${name}"`}`);
  return bench;
}

/** Each device once, and those with threads once for each number of them. */
function targetsOf({ device = ["auto"], threads }: Options): Target[] {
  const threaded = (name: string): boolean => name === "wasm" || name === "auto";
  if (threads && !device.some(threaded)) throw new RangeError(`bench: --threads belongs to wasm, got --device ${device.join(",")}`);
  return device.flatMap((name) => (threads && threaded(name) ? threads.map((n) => ({ name, threads: n })) : [{ name }]));
}

/** With the share of the SIMD peak that each of its threads reached; a GPU has no part in it. */
function judged(result: Result, peakGflops: number): Result {
  if (result.gflops === undefined || result.device === "webgpu") return result;
  return { ...result, peakGflops, ofPeak: result.gflops / (peakGflops * result.threads) };
}

/** The most that one core does in 128-bit SIMD, in GFLOP/s. */
async function simdPeak(): Promise<number> {
  const { gflops } = await withDevice({ name: "wasm", threads: 1 }, measurePeaks);
  return gflops;
}

async function main(): Promise<void> {
  const { name, options, help } = parseCommandLine(process.argv.slice(2));
  if (help) return console.log(USAGE);
  if (name === "peers") {
    checkTaken(name, options, PEERS_TAKE);
    return runPeers(options);
  }
  if (name === "accuracy") {
    checkTaken(name, options, ACCURACY_TAKES);
    return runAccuracy(options);
  }
  if (name === "interrupt") {
    checkTaken(name, options, INTERRUPT_TAKES);
    return runInterrupt(options);
  }
  if (name === "tables") {
    checkTaken(name, options, TABLES_TAKE);
    return runTables(options);
  }
  if (name === "ladder") {
    checkTaken(name, options, LADDER_TAKES);
    return runLadders(options);
  }
  const bench = benchNamed(name);
  checkTaken(name!, options, [...bench.takes, "device", "threads"]);
  const [targets, cases, columns] = [targetsOf(options), bench.cases(options), columnsNamed(bench.columns)];
  const peak = bench.columns.includes("ofPeak") ? await simdPeak() : 0;
  if (!options.json && peak > 0) console.log(`128-bit SIMD multiply and add: ${peak.toFixed(1)} GFLOP/s on one core`);
  if (!options.json) console.log(header(columns));
  for (const target of targets) {
    for (const run of cases) {
      for (const result of await run(target)) {
        const line = judged(result, peak);
        console.log(options.json ? JSON.stringify(line) : tableRow(columns, line));
      }
    }
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message.split("\n")[0] : error);
  process.exitCode = 2;
}
