/** open: opening a device in a process that has opened one before, without closing it. */
import { type Bench, openTarget, machineOf, type Target, stepTimingOf, withDevice } from "./harness.ts";
import type { Result } from "./result.ts";
import { TIMING } from "./table.ts";

const OPENINGS = 21;

export const openBench: Bench = {
  takes: [],
  columns: [...TIMING, "adapter"],
  cases: () => [measureOpening],
};

async function measureOpening(target: Target): Promise<Result[]> {
  // the first loads and compiles the device's code
  const subject = await withDevice(target, (device) => Promise.resolve(machineOf(device)));
  const samples: number[] = [];
  while (samples.length < OPENINGS) {
    const start = performance.now();
    const device = await openTarget(target);
    samples.push(performance.now() - start);
    await device.close();
  }
  return [{ bench: "open", workload: "–", ...subject, ...stepTimingOf(samples) }];
}
