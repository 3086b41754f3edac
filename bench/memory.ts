/** memory: what the process and the device hold after some training steps and after many: a run of any length fits if the first minute does. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Device } from "elbograd";
import { type Bench, machineOf, withDevice } from "./harness.ts";
import type { Result } from "./result.ts";
import { trainerOf } from "./train_step.ts";
import { type Workload, workloadNamed } from "./workloads.ts";

const DEFAULT_STEPS = [100, 20_000];
/** Steps between two waits for the device. */
const RUN = 100;

export const memoryBench: Bench = {
  takes: ["workload", "steps"],
  columns: ["bench", "workload", "device", "threads", "step", "residentBytes", "deviceBytes", "created", "adapter"],
  cases: ({ workload = [["W3", workloadNamed("W3")]], steps = DEFAULT_STEPS }) =>
    workload.map(
      ([name, config]) =>
        (target) =>
          withDevice(target, (device) => watchMemory(device, name, config, steps)),
    ),
};

async function watchMemory(device: Device, name: string, workload: Workload, steps: readonly number[]): Promise<Result[]> {
  const collectGarbage = garbageCollector();
  const trainer = await trainerOf(device, workload);
  const results: Result[] = [];
  for (const step of steps.toSorted((a, b) => a - b)) {
    while (trainer.step < step) {
      trainer.steps(Math.min(RUN, step - trainer.step));
      await trainer.sums();
    }
    collectGarbage();
    const { liveBytes, pooledBytes, created } = device.memory();
    const held = { residentBytes: process.memoryUsage.rss(), deviceBytes: liveBytes + pooledBytes, created };
    results.push({ bench: "memory", workload: name, ...machineOf(device), step, ...held });
  }
  return results;
}

/** What could be freed is no leak; Node gives its collector away to those who ask for it. */
function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
