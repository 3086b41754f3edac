/** The kernel laboratory: kernels checked, timed and traced. The entry `elbograd/lab`. */
export { countCalls, type Counts } from "./count_webgpu.ts";
export { GpuClock } from "./gpu_clock.ts";
export { gpuDeviceOf } from "./gpu_device.ts";
export type { Operands, Sizes, Subject } from "./subject.ts";
export type { Core, CoreName } from "../device/webgpu/cores.ts";
