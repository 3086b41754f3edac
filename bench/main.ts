/** npm run bench -- <bench> [options]: runs one bench on the devices asked for and prints a table, or with --json one object per line. */
import { parseArgs } from "node:util";
import { type Device, openDevice } from "elbograd";
import type { Result } from "./harness.ts";
import { benchMatmul, defaultShapes, parseShape } from "./matmul.ts";
import { benchTrainStep } from "./train_step.ts";
import { workloadNamed, workloads } from "./workloads.ts";

const USAGE = `npm run bench -- train_step [--workload ${Object.keys(workloads).join("|")}] [--device auto|cpu|wasm|webgpu] [--json]
npm run bench -- matmul [--shape M,N,K] [--device auto|cpu|wasm|webgpu] [--json]

--workload, --shape and --device may be given several times; --device also takes a list, as in wasm,cpu.`;

const options = {
  workload: { type: "string", multiple: true },
  shape: { type: "string", multiple: true },
  device: { type: "string", multiple: true },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const HEADER = ["bench", "workload", "device", "median ms", "min", "max", "samples", "GFLOP/s", "adapter"];
const WIDTHS = [10, 14, 7, 10, 10, 10, 8, 8, 0];

/** One line of the table: numbers to the right, words to the left. */
function tableRow(cells: readonly string[]): string {
  return cells.map((cell, i) => (i >= 3 && i <= 7 ? cell.padStart(WIDTHS[i]!) : cell.padEnd(WIDTHS[i]!))).join("  ");
}

function cellsOf(result: Result): string[] {
  const milliseconds = [result.stepMs, result.minMs, result.maxMs].map((ms) => ms.toFixed(3));
  const adapter = result.adapter + (result.software ? " (software: not a GPU's speed)" : "");
  return [result.bench, result.workload, result.device, ...milliseconds, `${result.samples}`, result.gflops?.toFixed(2) ?? "–", adapter];
}

/** What to measure: the bench's cases, each a function of the device. */
function casesOf(name: string | undefined, values: { workload?: string[]; shape?: string[] }): ((device: Device) => Promise<Result>)[] {
  switch (name) {
    case "train_step":
      if (values.shape) throw new RangeError("bench: --shape belongs to matmul, not to train_step");
      return (values.workload ?? Object.keys(workloads)).map((workload) => {
        const shape = workloadNamed(workload);
        return (device) => benchTrainStep(device, workload, shape);
      });
    case "matmul":
      if (values.workload) throw new RangeError("bench: --workload belongs to train_step, not to matmul");
      return (values.shape ?? defaultShapes).map((text) => {
        const sizes = parseShape(text);
        return (device) => benchMatmul(device, sizes);
      });
    default:
      throw new RangeError(`bench: the benches are train_step and matmul, got ${name === undefined ? "none" : `"${name}"`}`);
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.help) return console.log(USAGE);
  if (positionals.length > 1) throw new RangeError(`bench: one bench at a time, got ${positionals.join(" ")}`);
  const cases = casesOf(positionals[0], values);
  if (!values.json) console.log(tableRow(HEADER));
  for (const name of (values.device ?? ["auto"]).flatMap((names) => names.split(","))) {
    const device = await openDevice(name as Parameters<typeof openDevice>[0]);
    for (const run of cases) {
      const result = await run(device);
      console.log(values.json ? JSON.stringify(result) : tableRow(cellsOf(result)));
    }
    await device.close();
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message.split("\n")[0] : error);
  process.exitCode = 2;
}
