/** launches: every launch of a training step by itself, in the step's order, with what it computes and moves by its kernel's `cost`. */
import type { Launch } from "elbograd";
import { GpuClock, recordStep, sizesOf, timeStep } from "elbograd/lab";
import { type Bench, openTarget, machineOf, type Target, stepTimingOf } from "./harness.ts";
import type { Result } from "./result.ts";
import { trainerOf } from "./train_step.ts";
import { allWorkloads, type Workload } from "./workloads.ts";

const TOTAL_MS = 3000;

export const launchesBench: Bench = {
  takes: ["workload", "batch"],
  columns: ["workload", "device", "threads", "kernel", "shape", "stepMs", "minMs", "share", "gflops", "ofPeak", "gbPerSecond", "clock", "adapter"],
  cases: ({ workload = allWorkloads, batch }) =>
    workload.flatMap(([name, config]) =>
      (batch ?? [config.batchSize]).map((batchSize) => (target) => measureLaunches(target, name, { ...config, batchSize })),
    ),
};

async function measureLaunches(target: Target, name: string, workload: Workload): Promise<Result[]> {
  const device = await openTarget(target, { clock: true });
  const clock = GpuClock.of(device);
  try {
    const trainer = await trainerOf(device, workload, { capture: false });
    const step = recordStep(device, () => trainer.steps(1));
    const launches = step.commands.filter((command) => command.kind === "run");
    const samples = await timeStep(device, launches, clock, { timeMs: TOTAL_MS });
    const common = { bench: "launches", workload: name, ...machineOf(device), batch: workload.batchSize };
    return linesOf(
      launches.map(({ launch }) => launch),
      samples,
    ).map((line) => ({ ...common, ...line, clock: clock ? "GPU" : "host" }));
  } finally {
    await device.close();
  }
}

function linesOf(launches: readonly Launch[], samples: readonly number[][]): Pick<Result, "kernel" | "shape" | "stepMs" | "share">[] {
  const timings = samples.map(stepTimingOf);
  const total = timings.reduce((sum, { stepMs }) => sum + stepMs, 0);
  return launches.map(({ kernel, params }, i) => {
    const timing = timings[i]!;
    const cost = kernel.cost?.(params as Parameters<NonNullable<typeof kernel.cost>>[0]);
    return {
      kernel: kernel.name,
      shape: sizesOf(params),
      ...timing,
      share: timing.stepMs / total,
      ...(cost && { gflops: cost.flops / (timing.stepMs * 1e6), gbPerSecond: cost.bytes / (timing.stepMs * 1e6) }),
    };
  });
}
