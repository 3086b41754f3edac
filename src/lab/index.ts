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
} from "./bench.ts";
export { kernelNamed, kernelNames, subjectOf } from "./catalogue.ts";
export { type Accuracy, accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "./accuracy.ts";
export { checkKernel, type CheckOptions } from "./check.ts";
export { type Case, CheckReport, type Element as CheckedElement } from "./check_report.ts";
export { declarationsOf, defineKernel } from "./define.ts";
export { countCalls, type Counts } from "./count_webgpu.ts";
export { GpuClock } from "./gpu_clock.ts";
export { gpuDeviceOf } from "./gpu_device.ts";
export { coreFrom, type CoreFromOptions, kernelFrom, type KernelFromOptions } from "./kernel_from.ts";
export { Launcher } from "./launcher.ts";
export { attainable, type Cost, measurePeaks, type Peaks } from "./peaks.ts";
export type { Operands, Sizes, Subject } from "./subject.ts";
export { hostSampler, type Sample, sampleAll, type Sampler, type Timing, timingOf, type TimingOptions } from "./timing.ts";
export { trace, type Trace, type TracedLaunch, type TraceOptions, type TraceTotals } from "./trace.ts";
export type { TracedOperand } from "./trace_operands.ts";
export type { Reading } from "./trace_shader.ts";
export { recordStep, type RecordedStep, type RoundOptions, sizesOf, type StepCommand, timeStep } from "./trace_step.ts";
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
