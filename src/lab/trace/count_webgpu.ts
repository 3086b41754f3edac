/** What a GPUDevice is asked to do, counted at its own calls: the figures hold on any GPU, whatever drives it. */

import { type Check, checkValue, thing } from "../../check.ts";
import type { NativeGpuDevice } from "../timing/gpu_device.ts";

/** Since they were last reset. */
export interface Counts {
  dispatches: number;
  submits: number;
  /** Calls of `writeBuffer`, and what they carry. */
  writes: number;
  writeBytes: number;
  buffersCreated: number;
  bindGroupsCreated: number;
  pipelinesCreated: number;
  modulesCreated: number;
  /** Each operand of each dispatch once, as large as its binding; copies read and write. NaN if a bind group is older than the counting. */
  bytesMoved: number;
}

const GPU_DEVICE: Check = thing("a GPUDevice", ["createBuffer", "queue"], "gpuDeviceOf(device), of a webgpu device");

/** Counts the calls on a GPUDevice, its queue and the encoders made from now on. */
export function countCalls(gpuDevice: NativeGpuDevice): {
  readonly counts: Counts;
  /** Goes back to zero. */
  readonly reset: () => void;
} {
  checkValue("countCalls", "the GPUDevice", gpuDevice, GPU_DEVICE);
  const counts: Counts = zeros();
  const operands = new WeakMap<GPUBindGroup, number>();
  onCall(gpuDevice, "createBuffer", () => counts.buffersCreated++);
  onCall(gpuDevice, "createBindGroup", (group, { entries }) => {
    counts.bindGroupsCreated++;
    operands.set(
      group,
      [...entries].map(boundBytes).reduce((sum, bytes) => sum + bytes, 0),
    );
  });
  onCall(gpuDevice, "createComputePipeline", () => counts.pipelinesCreated++);
  onCall(gpuDevice, "createComputePipelineAsync", () => counts.pipelinesCreated++);
  onCall(gpuDevice, "createShaderModule", () => counts.modulesCreated++);
  onCall(gpuDevice, "createCommandEncoder", (encoder) => {
    onCall(encoder, "copyBufferToBuffer", (_, ...args) => (counts.bytesMoved += 2 * (args.at(-1) as number)));
    onCall(encoder, "beginComputePass", (pass) => countPass(pass, counts, operands));
  });
  onCall(gpuDevice.queue, "submit", () => counts.submits++);
  onCall(gpuDevice.queue, "writeBuffer", (_, _buffer, _offset, data, _from, size) => {
    counts.writes++;
    const { byteLength, BYTES_PER_ELEMENT = 1 } = data as Uint8Array;
    counts.writeBytes += size === undefined ? byteLength : size * BYTES_PER_ELEMENT;
  });
  return { counts, reset: () => Object.assign(counts, zeros()) };
}

function countPass(pass: GPUComputePassEncoder, counts: Counts, operands: WeakMap<GPUBindGroup, number>): void {
  const bound: number[] = [];
  onCall(pass, "setBindGroup", (_, index, group) => (bound[index] = operands.get(group!) ?? NaN));
  onCall(pass, "dispatchWorkgroups", () => {
    counts.dispatches++;
    // group 1 holds Params and the step row
    counts.bytesMoved += bound[0] ?? 0;
  });
}

function zeros(): Counts {
  return {
    dispatches: 0,
    submits: 0,
    writes: 0,
    writeBytes: 0,
    buffersCreated: 0,
    bindGroupsCreated: 0,
    pipelinesCreated: 0,
    modulesCreated: 0,
    bytesMoved: 0,
  };
}

function boundBytes({ resource }: GPUBindGroupEntry): number {
  const { buffer, offset = 0, size } = resource as GPUBufferBinding;
  return size ?? buffer.size - offset;
}

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;
type ResultOf<F> = F extends (...args: never) => infer R ? R : never;

/** Shows the result and the arguments of each call of one object's method, as soon as it has returned. */
export function onCall<T extends object, K extends keyof T & string>(
  object: T,
  method: K,
  see: (result: ResultOf<T[K]>, ...args: ArgumentsOf<T[K]>) => void,
): void {
  const original = object[method] as (...args: ArgumentsOf<T[K]>) => ResultOf<T[K]>;
  const value = (...args: ArgumentsOf<T[K]>): ResultOf<T[K]> => {
    const result = original.apply(object, args);
    see(result, ...args);
    return result;
  };
  Object.defineProperty(object, method, { configurable: true, value });
}
