/** What a device can do at most, measured on it: the two roofs of the roofline model (Williams, Waterman and Patterson 2009). */
import { AT_LEAST_ZERO, checkOptions, checkValue, DEVICE, POSITIVE } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import type { Kernel, Params } from "../../kernel.ts";
import type { Operands } from "../subjects/subject.ts";
import { GpuClock } from "./gpu_clock.ts";
import { Launcher } from "./launcher.ts";
import { copyNumbers, multiplyAdds } from "./roof_kernels.ts";
import { computeOnAllThreads, copyOnAllThreads, engineOf } from "./simd_roofs.ts";

/** What a device can do at most, as measured. */
export interface Peaks {
  /** Bytes read and written by a large copy, in GB/s. */
  readonly gbPerSecond: number;
  /** Multiply-adds in registers, each two operations, in GFLOP/s. */
  readonly gflops: number;
}

/** Floating-point operations and bytes of one launch. */
export interface Cost {
  readonly flops: number;
  readonly bytes: number;
}

/** min(peak, bandwidth · flops/bytes) in GFLOP/s: what a kernel of this cost can reach at most where its operands come from memory. */
export function attainable(peaks: Peaks, cost: Cost): number {
  checkOptions("attainable", peaks, { gbPerSecond: POSITIVE, gflops: POSITIVE }, ["gbPerSecond", "gflops"], "what a device can do is");
  checkOptions("attainable", cost, { flops: AT_LEAST_ZERO, bytes: AT_LEAST_ZERO }, ["flops", "bytes"], "a cost is");
  const [{ gbPerSecond, gflops }, { flops, bytes }] = [peaks, cost];
  return Math.min(gflops, (gbPerSecond * flops) / bytes);
}

/** Of each operand of the copy: more than caches hold. */
const COPIED_BYTES = 64 * 2 ** 20;
/** Invocations that compute at once: enough to fill a GPU; the cpu computes one after the other. */
const invocations = ({ name }: Device): number => (name === "webgpu" ? 2 ** 17 : 1);

/** A roof is measured for so long, in runs of at least so long. */
const BUDGET_MS = 400;
const RUN_MS = 4;

const known = new WeakMap<Device, Promise<Peaks>>();

/** Measures a device's roofs, once for each device. */
export function measurePeaks(device: Device): Promise<Peaks> {
  checkValue("measurePeaks", "device", device, DEVICE);
  let peaks = known.get(device);
  if (!peaks) known.set(device, (peaks = measure(device)));
  return peaks;
}

async function measure(device: Device): Promise<Peaks> {
  const engine = engineOf(device);
  if (!engine) return await measureKernels(device);
  try {
    const copy = copyOnAllThreads(engine, COPIED_BYTES);
    const bytes = await fastest((size) => timed(() => repeat(size, copy)));
    const flops = await fastest((size) => timed(() => computeOnAllThreads(engine, size)));
    return { gbPerSecond: bytes / 1e6, gflops: flops / 1e6 };
  } finally {
    engine.trim();
  }
}

async function measureKernels(device: Device): Promise<Peaks> {
  const clock = GpuClock.of(device);
  const numbers = Math.min(COPIED_BYTES, device.largest) / 4;
  const x = new Float32Array(numbers).fill(1);
  const n = invocations(device);
  try {
    const bytes = await withLauncher(device, copyNumbers, { inputs: [x], outputs: [numbers], params: { n: numbers } }, (copy) =>
      fastest(async (size) => {
        const { host, gpu = host } = await copy.sample(size, clock);
        return { work: copyNumbers.cost!({ n: numbers }).bytes, ms: gpu, elapsed: size * host };
      }),
    );
    const flops = await fastest((times) => {
      const params = { n, times, x: 0.5, y: 1 };
      return withLauncher(device, multiplyAdds, { inputs: [], outputs: [n], params }, async (compute) => {
        const { host, gpu = host } = await compute.sample(1, clock);
        return { work: multiplyAdds.cost!(params).flops, ms: gpu, elapsed: host };
      });
    });
    return { gbPerSecond: bytes / 1e6, gflops: flops / 1e6 };
  } finally {
    clock?.stop();
  }
}

async function withLauncher<P extends Params, T>(
  device: Device,
  kernel: Kernel<P>,
  operands: Operands<P>,
  use: (launcher: Launcher) => Promise<T>,
): Promise<T> {
  const launcher = new Launcher(device, kernel, operands);
  try {
    return await use(launcher);
  } finally {
    launcher.free();
  }
}

/** What a run did, how long that took, and how long the run was by the host's clock. */
interface TimedRun {
  readonly work: number;
  readonly ms: number;
  readonly elapsed: number;
}

/** The most work in a millisecond, of runs long enough: whatever else the machine does only takes away. */
async function fastest(run: (size: number) => Promise<TimedRun> | TimedRun): Promise<number> {
  let size = 1;
  let most = 0;
  for (const start = performance.now(); most === 0 || performance.now() - start < BUDGET_MS;) {
    const { work, ms, elapsed } = await run(size);
    // Short runs say little: of the clock, and of a machine that is not warm.
    if (elapsed < RUN_MS) size = Math.ceil(size * Math.min(8, (1.2 * RUN_MS) / Math.max(elapsed, 1e-3)));
    else most = Math.max(most, work / ms);
  }
  return most;
}

function timed(f: () => number): TimedRun {
  const start = performance.now();
  const work = f();
  const elapsed = performance.now() - start;
  return { work, ms: elapsed, elapsed };
}

function repeat(times: number, f: () => number): number {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += f();
  return sum;
}
