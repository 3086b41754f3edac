/** Timing of repeated asynchronous work with tinybench: one sample is the mean of a run of calls that ends with a read from the device. */
import { Bench } from "tinybench";

export interface Timing {
  /** The median, least and greatest of the samples, in milliseconds of one call. */
  readonly stepMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly samples: number;
}

/** One line of a bench's output. */
export interface Result extends Timing {
  readonly bench: string;
  readonly workload: string;
  readonly device: string;
  /** What runs the kernels, in the driver's own words. */
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU. */
  readonly software: boolean;
  readonly gflops?: number;
}

/** How long one sample should last at least, so that waiting for the device counts for little in it. */
const SAMPLE_MS = 50;
const TOTAL_MS = 2000;
const MIN_SAMPLES = 5;

/** Times `run(count)`, which does its work `count` times and then waits for it. The first calls, which compile and allocate, are not counted. */
export async function measure(run: (count: number) => Promise<void>): Promise<Timing> {
  const timed = async (count: number): Promise<number> => {
    const start = performance.now();
    await run(count);
    return performance.now() - start;
  };
  await timed(1);
  const count = Math.ceil(SAMPLE_MS / (await timed(1)));

  const bench = new Bench({ time: TOTAL_MS, iterations: MIN_SAMPLES, warmupTime: TOTAL_MS / 4, warmupIterations: 1, throws: true });
  bench.add("sample", async () => {
    const elapsed = await timed(count);
    return { overriddenDuration: elapsed / count, overriddenIterationCost: elapsed };
  });
  const [task] = await bench.run();
  if (task?.result.state !== "completed") throw new Error(`bench: the run ended as ${task?.result.state}`);
  const { p50, min, max, samplesCount } = task.result.latency;
  return { stepMs: p50, minMs: min, maxMs: max, samples: samplesCount };
}
