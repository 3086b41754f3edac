/**
 * The kernel laboratory: kernels checked, timed and traced. The entry `elbograd/lab`.
 * @module elbograd/lab
 */
export {
  type BenchedOn,
  benchKernel,
  benchKernels,
  type BenchJob,
  type BenchOptions,
  type BenchReport,
  type BenchSubject,
  type KernelTiming,
} from "./timing/bench.ts";
export { kernelNamed, kernelNames, subjectOf } from "./subjects/catalogue.ts";
export { type Accuracy, accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "./check/accuracy.ts";
export { checkKernel, type CheckOptions } from "./check/check.ts";
export { type Case, CheckReport, type Element as CheckedElement } from "./check/check_report.ts";
export { declarationsOf, defineKernel } from "./define.ts";
export { countCalls, type Counts } from "./trace/count_webgpu.ts";
export { GpuClock } from "./timing/gpu_clock.ts";
export { gpuDeviceOf, type NativeGpuDevice } from "./timing/gpu_device.ts";
export { coreFrom, type CoreFromOptions, kernelFrom, type KernelFromOptions } from "./kernel_from.ts";
export { Launcher } from "./timing/launcher.ts";
export { attainable, type Cost, measurePeaks, type Peaks } from "./timing/peaks.ts";
export type { Operands, Sizes, Subject } from "./subjects/subject.ts";
export { hostSampler, type Sample, sampleAll, type Sampler, type Timing, timingOf, type TimingOptions } from "./timing/timing.ts";
export { trace, type Trace, type TracedLaunch, type TraceOptions, type TraceTotals } from "./trace/trace.ts";
export type { TracedOperand } from "./trace/operands.ts";
export type { Reading } from "./trace/reading.ts";
export { recordStep, type RecordedStep, type RoundOptions, sizesOf, type StepCommand, timeStep } from "./trace/step.ts";
export type { Core, CoreName } from "../device/webgpu/cores.ts";
export {
  type BindingDeclaration,
  type Declarations,
  type FunctionDeclaration,
  type OverrideDeclaration,
  parseWgsl,
  type StructDeclaration,
} from "./wgsl.ts";
export type { ComparedElement } from "./verify/agreement.ts";
export { verify, type VerifyFailure, type VerifyKind, type VerifyReport, type VerifyRow } from "./verify/verify.ts";
