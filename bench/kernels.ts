/** kernels: every launch of a training step by itself, in the step's order, with what it computes and moves by its kernel's `cost`. */
import type { Device, Launch, StepLayout, StepRow } from "elbograd";
import { GpuClock } from "elbograd/lab";
import { type Bench, openTarget, type Result, subjectOf, type Target, timingOf } from "./harness.ts";
import { trainerOf } from "./train_step.ts";
import { allWorkloads, type Workload } from "./workloads.ts";

const TOTAL_MS = 3000;
const MIN_ROUNDS = 5;

export const kernelsBench: Bench = {
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
    const samples = await timeLaunches(device, step, clock);
    const common = { bench: "kernels", workload: name, ...subjectOf(device), batch: workload.batchSize };
    return linesOf(step.launches, samples).map((line) => ({ ...common, ...line, clock: clock ? "GPU" : "host" }));
  } finally {
    await device.close();
  }
}

interface RecordedStep {
  readonly launches: readonly Launch[];
  readonly layout: StepLayout;
  readonly row: StepRow;
}

/** Runs an eager step and keeps what it launched; nothing that it allocates is freed before the device closes, so that all of it can run again. */
function recordStep(device: Device, run: () => void): RecordedStep {
  const launches: Launch[] = [];
  let inForce: Pick<RecordedStep, "layout" | "row"> | undefined;
  const { alloc, run: launch, step } = device;
  const own: Partial<Device> = {
    alloc: (dtype, length) => alloc.call(device, dtype, length, "unscoped"),
    free: () => undefined,
    run: (kernel, inputs, outputs, params, constants) => {
      launches.push({ kernel, inputs, outputs, params, ...(constants && { constants }) });
      launch.call(device, kernel as never, inputs, outputs, params as never, constants);
    },
    step: (layout, row, f) => step.call(device, (inForce = { layout, row }).layout, row, f),
  };
  Object.assign(device, own);
  try {
    run();
  } finally {
    for (const name of Object.keys(own)) delete device[name as keyof typeof own];
  }
  return { launches, ...inForce! };
}

/** Round after round every launch in order, so that each finds caches as a step leaves them; milliseconds, by launch. */
async function timeLaunches(device: Device, { launches, layout, row }: RecordedStep, clock: GpuClock | undefined): Promise<number[][]> {
  const once = async ({ kernel, inputs, outputs, params, constants }: Launch): Promise<number> => {
    const start = performance.now();
    device.step(layout, row, () => device.run(kernel, inputs, outputs, params, constants));
    await device.read(outputs.find((slice) => slice !== null)!.view(0, 1));
    const elapsed = performance.now() - start;
    return clock ? clock.elapsed() : elapsed;
  };
  for (const launch of launches) await once(launch);
  const samples = launches.map((): number[] => []);
  const start = performance.now();
  for (let round = 0; round < MIN_ROUNDS || performance.now() - start < TOTAL_MS; round++) {
    for (const [i, launch] of launches.entries()) samples[i]!.push(await once(launch));
  }
  return samples;
}

function linesOf(launches: readonly Launch[], samples: readonly number[][]): Pick<Result, "kernel" | "shape" | "stepMs" | "share">[] {
  const timings = samples.map(timingOf);
  const total = timings.reduce((sum, { stepMs }) => sum + stepMs, 0);
  return launches.map(({ kernel, params }, i) => {
    const timing = timings[i]!;
    const cost = kernel.cost?.(params as Parameters<NonNullable<typeof kernel.cost>>[0]);
    return {
      kernel: kernel.name,
      shape: shapeOf(params),
      ...timing,
      share: timing.stepMs / total,
      ...(cost && { gflops: cost.flops / (timing.stepMs * 1e6), gbPerSecond: cost.bytes / (timing.stepMs * 1e6) }),
    };
  });
}

/** The sizes among Params: `M 128 N 400 K 784`. */
function shapeOf(params: Launch["params"]): string {
  const sizes = Object.entries(params).filter(([name, value]) => /^([A-Z]|n)$/.test(name) && typeof value === "number");
  return sizes.map(([name, value]) => `${name} ${value as number}`).join(" ");
}
