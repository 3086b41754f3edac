/** A right call of every export of the laboratory, on sizes that take no time. */
import type { Device } from "../../src/device/device.ts";
import * as e from "../../src/lab/index.ts";
import { key } from "../../src/random.ts";
import { Bag, type Call } from "./wrong_calls.ts";

/** What measures for seconds, or needs a GPU, is called with wrong devices alone: `null` is refused before anything is measured. */
const REFUSED = null;

/** The calls by the names of what is called. */
export function callsOfLab(device: Device): Record<string, Call> {
  const copy = e.kernelNamed("matmul");
  const text = "// y = x\n@compute @workgroup_size(1) fn main() {}";
  const subject = e.subjectOf("matmul");
  const operands = subject.operands({ M: 1, N: 1, K: 1 }, key(0));
  const commands = e.recordStep(device, () => undefined).commands;
  const timing = new Bag({ timeMs: 1 }, "signal");
  return {
    CheckReport: { args: [copy, device, []] },
    GpuClock: { args: [device], run: e.GpuClock.of },
    Launcher: { args: [device, copy, operands] },
    accuracyInputs: { args: [] },
    accuracyReference: { args: ["exp", new Float32Array(1)] },
    attainable: {
      args: [
        { gbPerSecond: 1, gflops: 1 },
        { flops: 1, bytes: 1 },
      ],
    },
    benchKernel: { args: [REFUSED, copy, new Bag({}, "like", "sizes", "operands", "seed", "timeMs", "signal")] },
    benchKernels: { args: [REFUSED, [], new Bag({}, "seed", "timeMs", "signal")] },
    checkKernel: { args: [REFUSED, copy, new Bag({}, "like", "sizes", "operands", "terms", "exact", "oracle", "tolerance", "seed")] },
    coreFrom: { args: [text, new Bag({ name: "own", tile: [1, 1] })] },
    countCalls: { args: [REFUSED] },
    declarationsOf: { args: [copy] },
    defineKernel: { args: [copy] },
    gpuDeviceOf: { args: [device] },
    hostSampler: { args: [() => Promise.resolve()] },
    kernelFrom: { args: ["fill", text, new Bag({ file: "own.wgsl" }, "constants")] },
    kernelNamed: { args: ["matmul"] },
    kernelNames: { args: [] },
    measureAccuracy: { args: [device, "exp", new Float32Array(1), new Float64Array(1)] },
    measurePeaks: { args: [REFUSED] },
    parseWgsl: { args: [text, "own.wgsl"] },
    recordStep: { args: [device, () => undefined] },
    sampleAll: { args: [[], timing] },
    sizesOf: { args: [{ n: 1 }] },
    subjectOf: { args: ["matmul"] },
    timeStep: { args: [device, commands, undefined, new Bag({ timeMs: 1 })] },
    timingOf: { args: [[1, 2]] },
    trace: { args: [REFUSED, () => undefined, new Bag({}, "parameters", "timeMs")] },
    verify: { args: [REFUSED, () => Promise.reject(new Error("verify: none, got none"))] },
  };
}
