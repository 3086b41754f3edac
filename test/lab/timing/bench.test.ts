/** The laboratory's clockwork: what is timed, how samples become numbers, and that the measured roofs are what they say they are. */
import { afterAll, describe, expect, it } from "vitest";
import { openDevice } from "../../../src/device/open.ts";
import type { WasmDevice } from "../../../src/device/wasm/wasm.ts";
import type { Kernel } from "../../../src/kernel.ts";
import { kernelNamed } from "../../../src/lab/subjects/catalogue.ts";
import { benchKernel, benchKernels } from "../../../src/lab/timing/bench.ts";
import { Launcher } from "../../../src/lab/timing/launcher.ts";
import { attainable, measurePeaks } from "../../../src/lab/timing/peaks.ts";
import { copyNumbers, multiplyAdds } from "../../../src/lab/timing/roof_kernels.ts";
import { computeOnAllThreads, copyOnAllThreads } from "../../../src/lab/timing/simd_roofs.ts";
import { type Sampler, sampleAll, timingOf } from "../../../src/lab/timing/timing.ts";
import { onEachDevice } from "../../support/conformance.ts";
import { hasWebGpu } from "../../support/raw_webgpu.ts";

const QUICK = { timeMs: 20 };
const SIZES = { M: 8, N: 7, K: 6 };

describe("timingOf", () => {
  it("gives the median and the quartiles by straight lines between samples, whatever their order", () => {
    expect(timingOf([4, 1, 3, 2])).toEqual({ medianMs: 2.5, lowerMs: 1.75, upperMs: 3.25, minMs: 1, maxMs: 4, samples: 4 });
    expect(timingOf([7])).toEqual({ medianMs: 7, lowerMs: 7, upperMs: 7, minMs: 7, maxMs: 7, samples: 1 });
  });
});

describe("sampleAll", () => {
  /** Work whose every call takes so many milliseconds of a clock of its own; it notes who was called, and how often at once. */
  const work =
    (name: string, ms: number, log: [name: string, count: number][]): Sampler =>
    (count) => {
      log.push([name, count]);
      return Promise.resolve({ host: ms });
    };

  it("takes samples by turns in five rounds, with as many calls in one as take 20 ms, until the time is over", async () => {
    const log: [string, number][] = [];
    const samples = await sampleAll([work("quick", 0.1, log), work("slow", 50, log)], { timeMs: 1000 });
    const measured = log.slice(log.findIndex(([name]) => name === "slow") + 2); // each guess is tried twice
    // a round of 200 ms has ten samples of 20 ms, or four of 50
    const turns = measured
      .map(([name]) => name)
      .join(" ")
      .replaceAll(/\bquick( quick)*/g, "q")
      .replaceAll(/\bslow( slow)*/g, "s");
    expect(turns).toBe("q s q s q s q s q s");
    expect(samples.map(({ length }) => length)).toEqual([50, 20]);
    expect(new Set(measured.map((entry) => entry.join(" ")))).toEqual(new Set(["quick 200", "slow 1"]));
  });

  it("is not misled by a call that something interrupts before the measuring", async () => {
    const counts: number[] = [];
    const [samples] = await sampleAll([(count) => Promise.resolve({ host: counts.push(count) === 1 ? 30 : 0.01 })], { timeMs: 1000 });
    expect(counts.at(-1)).toBe(2000);
    expect(samples).toHaveLength(50);
  });

  it("has ten samples of what takes longer than all the time there is", async () => {
    const [samples] = await sampleAll([work("slow", 5000, [])], { timeMs: 100 });
    expect(samples).toEqual(Array.from({ length: 10 }, () => ({ host: 5000 })));
  });

  it("ends with the signal's reason", async () => {
    await expect(sampleAll([work("any", 1, [])], { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  });
});

describe("attainable", () => {
  it("is min(peak, bandwidth · intensity)", () => {
    const peaks = { gbPerSecond: 10, gflops: 100 };
    expect(attainable(peaks, { flops: 4, bytes: 8 })).toBe(5);
    expect(attainable(peaks, { flops: 1000, bytes: 8 })).toBe(100);
  });
});

await onEachDevice((device) => {
  it("copies with the kernel whose speed is the bandwidth", async () => {
    const n = 1028;
    const x = device.alloc("f32", n);
    const y = device.alloc("f32", n);
    const values = Float32Array.from({ length: n }, (_, i) => i - 500);
    device.write(x, values);
    device.run(copyNumbers, [x], [y], { n });
    expect(await device.read(y)).toEqual(values);
    expect(copyNumbers.cost!({ n })).toEqual({ flops: 0, bytes: 8 * n });
  });

  it("computes with the kernel whose speed is the peak as many multiply-adds as it says", async () => {
    const [n, times, x, y] = [300, 2, 0.75, 0.5];
    const sums = device.alloc("f32", n);
    device.run(multiplyAdds, [], [sums], { n, times, x, y });
    // acc·x + y tends to 2: after t turns acc is 2 + (acc0 − 2)·x^t, acc0 being 0 … 11
    const turns = 16 * times;
    const want = Array.from({ length: 12 }, (_, c) => 2 + (c - 2) * x ** turns).reduce((a, b) => a + b);
    // each turn rounds twice what is below 12, in each of 12 chains, of which x^t is left after t more turns; then their sum rounds
    const tolerance = 2 ** -24 * (12 * 12 * 2 * (1 / (1 - x)) + 12 * want);
    for (const sum of await device.read(sums)) expect(Math.abs(sum - want)).toBeLessThanOrEqual(tolerance);
    expect(multiplyAdds.cost!({ n, times, x, y }).flops).toBe(2 * 12 * turns * n);
  });

  it("has roofs, which are measured once and leave no memory behind", async () => {
    const before = device.memory().live;
    const peaks = await measurePeaks(device);
    expect(peaks.gbPerSecond).toBeGreaterThan(0);
    expect(peaks.gflops).toBeGreaterThan(0);
    expect(await measurePeaks(device)).toBe(peaks);
    expect(device.memory().live).toBe(before);
  });

  it("times a kernel, and gives its rates as shares of the roofs", async () => {
    const before = device.memory().live;
    const result = await benchKernel(device, kernelNamed("matmul"), { ...QUICK, sizes: SIZES });
    const { medianMs, lowerMs, upperMs, minMs, maxMs, samples, flops, bytes, gflops, gbPerSecond, ofPeak, ofCopy, peaks } = result;
    expect(result).toMatchObject({
      kernel: "matmul",
      device: device.name,
      adapter: device.info.adapter,
      software: device.info.software,
      clock: "host",
    });
    expect(result.sizes).toMatchObject(SIZES);
    expect([minMs, lowerMs, medianMs, upperMs, maxMs].toSorted((a, b) => a - b)).toEqual([minMs, lowerMs, medianMs, upperMs, maxMs]);
    expect(minMs).toBeGreaterThan(0);
    expect(samples).toBeGreaterThanOrEqual(10);
    expect([flops, bytes]).toEqual([2 * 8 * 7 * 6, 4 * (8 * 6 + 6 * 7 + 8 * 7)]);
    expect(gflops).toBeCloseTo(flops! / (medianMs * 1e6), 12);
    expect(gbPerSecond).toBeCloseTo(bytes! / (medianMs * 1e6), 12);
    expect([ofPeak, ofCopy]).toEqual([gflops! / peaks.gflops, gbPerSecond! / peaks.gbPerSecond]);
    expect(device.memory().live).toBe(before);
  });

  it("times a kernel of one's own on operands of one's own, and several in their order", async () => {
    const operands = { inputs: [Float32Array.of(1, 2, 3, 4)], outputs: [4], params: { n: 4 } };
    const { results } = await benchKernels(
      device,
      [
        { kernel: copyNumbers, operands },
        { kernel: kernelNamed("neg"), sizes: { n: 5 } },
      ],
      QUICK,
    );
    expect(results.map(({ kernel, sizes, bytes }) => [kernel, sizes, bytes])).toEqual([
      ["copy", {}, 32],
      ["neg", { n: 5 }, 40],
    ]);
  });

  it.each([
    ['matmul: its sizes are M, N, K, transposeA, transposeB, accumulate, got "Q"', { sizes: { Q: 1 } }],
    ["matmul: M is a whole number of at least 0, got 0.5", { sizes: { M: 0.5 } }],
    ["operands: an operand has at most 1073741824 numbers, got 10000000000 (use smaller sizes)", { sizes: { M: 1e5, N: 1, K: 1e5 } }],
    ["operands: an operand has at most 1073741824 numbers, got 10000000000 (use smaller sizes)", { sizes: { M: 1e5, N: 1e5, K: 1 } }],
    ["benchKernel: timeMs is a positive number of milliseconds, got 0", { timeMs: 0 }],
    ["benchKernel: matmul has nothing to do, got sizes ", { sizes: { M: 0 } }],
  ])("refuses what cannot be timed: %s", async (message, options) => {
    const before = device.memory().live;
    await expect(benchKernel(device, kernelNamed("matmul"), { ...QUICK, ...options })).rejects.toThrow(RangeError);
    await expect(benchKernel(device, kernelNamed("matmul"), { ...QUICK, ...options })).rejects.toThrow(message);
    expect(device.memory().live).toBe(before);
  });
});

describe.skipIf(!hasWebGpu())("on webgpu", async () => {
  const device = hasWebGpu() ? await openDevice("webgpu", { clock: true }) : undefined;
  afterAll(() => device?.close());

  it("takes the GPU's clock where the device was opened with it, and says what the host's would have been", async (context) => {
    const result = await benchKernel(device!, kernelNamed("matmul"), { ...QUICK, sizes: SIZES });
    if (result.clock === "host") return context.skip("the adapter has no timestamps");
    expect(result.hostMs).toBeGreaterThan(0);
    expect(result.medianMs).toBeGreaterThan(0);
  });

  it("says where a shader does not compile, frees its operands and stays usable", async () => {
    const kernel: Kernel = {
      ...copyNumbers,
      wgsl: { name: "mine", uses: [], source: copyNumbers.wgsl.source!.replace("{ y[i] = x[i]", "{ y[i] = z[i]") },
    };
    const operands = { inputs: [new Float32Array(4)], outputs: [4], params: { n: 4 } };
    const before = device!.memory().live;
    await expect(benchKernel(device!, kernel, { ...QUICK, operands })).rejects.toThrow(/shader "mine" failed to compile at mine\.wgsl:10:\d+: .*'z'/);
    expect(device!.memory().live).toBe(before);
    expect(await benchKernel(device!, copyNumbers, { ...QUICK, operands })).toMatchObject({ kernel: "copy", bytes: 32 });
  });

  it("says which limit of the adapter an operand exceeds", () => {
    const length = device!.largest / 4 + 4;
    const launch = { inputs: [new Float32Array(4)], outputs: [length], params: { n: 4 } };
    expect(() => new Launcher(device!, copyNumbers, launch)).toThrow(
      /copy: output 0 takes \d+ bytes, the adapter binds at most \d+ \(maxStorageBufferBindingSize/,
    );
  });
});

describe("on all threads of a wasm device", async () => {
  const device = (await openDevice("wasm", { threads: 2 })) as WasmDevice;
  afterAll(() => device.close());
  const floats = (address: number, length: number): Float32Array => new Float32Array(device.engine.heap.memory.buffer, address, length).slice();

  it("each thread computes its chains, and none is left out", () => {
    const { engine } = device;
    expect(computeOnAllThreads(engine, 3)).toBe(2 * 4 * 13 * 3 * engine.threads);
    const sums = engine.scratch(64 * engine.threads);
    // acc·½ + 1 from 0, 1 … 12: Σ (2 + (c − 2)/8)
    for (let thread = 0; thread < engine.threads; thread++) expect([...floats(sums + 64 * thread, 4)]).toEqual([32.5, 32.5, 32.5, 32.5]);
  });

  it("all bytes are copied, those at the seam between the threads too", () => {
    const { engine } = device;
    const bytes = 64 * 1001;
    const copy = copyOnAllThreads(engine, bytes);
    const x = engine.scratch(2 * bytes);
    new Float32Array(engine.heap.memory.buffer, x, bytes / 4).forEach((_, i, all) => (all[i] = i));
    expect(copy()).toBe(2 * bytes);
    expect(floats(x + bytes, bytes / 4)).toEqual(floats(x, bytes / 4));
  });

  it("a loop of one's own is what is timed, not the device's code for the kernel that it has its shader and name from", async () => {
    let calls = 0;
    const mine: Kernel = { ...kernelNamed("fill"), cpu: () => void calls++ };
    const { kernel } = await benchKernel(device, mine, { ...QUICK, sizes: { n: 8 } });
    expect(kernel).toBe("fill");
    expect(calls).toBeGreaterThan(0);
  });
});
