/** devices: what a process holds after some devices were opened, trained on and closed, and after many; on webgpu also where the same calls come from no library. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Bench, Target } from "./harness.ts";
import type { Result } from "./result.ts";
import { type Workload, workloadNamed } from "./workloads.ts";

const DEVICES = 40;
const STEPS = 20;

/** What a process is to do, one of its own for each, so that neither reuses the other's memory. */
export interface DevicesJob {
  readonly target: Target;
  readonly name: string;
  readonly workload: Workload;
  readonly steps: number;
  readonly devices: number;
  /** Whether it asks WebGPU itself for all that the library asks of it. */
  readonly alone: boolean;
}

export const devicesBench: Bench = {
  takes: ["workload", "steps", "rounds"],
  columns: ["bench", "workload", "device", "threads", "calledBy", "devices", "residentBytes", "bytesPerDevice", "adapter"],
  cases: ({ workload = [["W3", workloadNamed("W3")]], steps = [STEPS], rounds = DEVICES }) =>
    workload.flatMap(([name, config]) =>
      steps.map((count) => (target) => {
        const job = { target, name, workload: config, steps: count, devices: rounds };
        const results = inProcess({ ...job, alone: false });
        return Promise.resolve(results[0]!.device === "webgpu" ? [...results, ...inProcess({ ...job, alone: true })] : results);
      }),
    ),
};

function inProcess(job: DevicesJob): Result[] {
  const program = fileURLToPath(new URL("./devices_process.js", import.meta.url));
  const output = execFileSync(process.execPath, ["--expose-gc", program, JSON.stringify(job)], { encoding: "utf8" });
  return JSON.parse(output) as Result[];
}
