/** How long something takes: samples of many calls and one wait each, in rounds, so that whatever else the machine does hits all alike. */
import { type Check, checkOptions, type Checks, checkValue, FUNCTION, number, NUMBERS, SIGNAL } from "../../check.ts";
import { Bench } from "tinybench";

/** In milliseconds of one call. */
export interface Timing {
  readonly medianMs: number;
  /** The quartiles: half of the samples lie between them. */
  readonly lowerMs: number;
  readonly upperMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly samples: number;
}

/** Milliseconds of one call, by the host's clock, and by the device's own where there is one. */
export interface Sample {
  readonly host: number;
  readonly gpu?: number;
}

/** Does its work `count` times, waits for it once, and says how long that took. */
export type Sampler = (count: number) => Promise<Sample>;

/** How long is measured. */
export interface TimingOptions {
  /** Milliseconds that each is measured for; default 1000. More of them narrow the quartiles' own error, not the quartiles. */
  readonly timeMs?: number;
  /** Ends the measuring: its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

export const TIMING_OPTIONS: Checks<keyof TimingOptions> = {
  timeMs: number("is a positive number of milliseconds", (ms) => ms > 0 && ms < Infinity),
  signal: SIGNAL,
};

const SAMPLERS: Check = ["is an array of functions", (given) => Array.isArray(given) && given.every(FUNCTION[1])];

export const TIME_MS = 1000;

const ROUNDS = 5;
/** Samples that a round has at least: nothing has fewer than ten. */
const LEAST = 2;
/** What a sample should take, so that the wait at its end counts for little; less where there is little time. */
const SAMPLE_MS = 20;
/** Calls in one sample grow by at most this factor from one guess to the next, for the first call also compiles and allocates. */
const GROWTH = 8;

/** The samples of each sampler, taken by turns. */
export async function sampleAll(samplers: readonly Sampler[], options: TimingOptions = {}): Promise<Sample[][]> {
  checkValue("sampleAll", "samplers", samplers, SAMPLERS);
  checkOptions("sampleAll", options, TIMING_OPTIONS);
  const { timeMs = TIME_MS, signal } = options;
  const counts: number[] = [];
  for (const sampler of samplers) counts.push(await warmUp(sampler, Math.min(SAMPLE_MS, timeMs / (ROUNDS * LEAST))));
  const samples = samplers.map((): Sample[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, sampler] of samplers.entries()) {
      signal?.throwIfAborted();
      samples[i]!.push(...(await sampleRound(() => sampler(counts[i]!), counts[i]!, timeMs / ROUNDS)));
    }
  }
  return samples;
}

/** Calls until the machine is warm and so many calls are found as fill a sample. */
async function warmUp(sampler: Sampler, sampleMs: number): Promise<number> {
  for (let count = 1; ;) {
    // the better of two: one that the machine interrupted would be taken for many calls
    const elapsed = count * Math.min((await sampler(count)).host, (await sampler(count)).host);
    if (elapsed >= sampleMs) return Math.ceil((count * sampleMs) / elapsed);
    count = Math.ceil(count * Math.min(GROWTH, (1.2 * sampleMs) / Math.max(elapsed, 1e-3)));
  }
}

async function sampleRound(take: () => Promise<Sample>, count: number, timeMs: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  const bench = new Bench({ time: timeMs, iterations: LEAST, warmup: false, throws: true });
  bench.add("sample", async () => {
    const start = performance.now();
    const sample = await take();
    samples.push(sample);
    return { overriddenDuration: sample.host, overriddenIterationCost: Math.max(performance.now() - start, count * sample.host) };
  });
  await bench.run();
  return samples;
}

/** A sampler of `run(count)`, which does its work `count` times and then waits for it. */
export function hostSampler(run: (count: number) => Promise<void>): Sampler {
  checkValue("hostSampler", "run", run, FUNCTION);
  return async (count) => {
    const start = performance.now();
    await run(count);
    return { host: (performance.now() - start) / count };
  };
}

/** Median and quartiles of milliseconds. */
export function timingOf(ms: readonly number[]): Timing {
  checkValue("timingOf", "the milliseconds", ms, NUMBERS);
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (part: number): number => quantile(sorted, part);
  return { medianMs: at(0.5), lowerMs: at(0.25), upperMs: at(0.75), minMs: at(0), maxMs: at(1), samples: ms.length };
}

/** Between the two nearest of sorted numbers, by the straight line from one to the other (Hyndman and Fan 1996, definition 7). */
function quantile(sorted: readonly number[], part: number): number {
  const position = part * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (position - Math.floor(position)) * (above - below);
}
