/**
 * A Device has memory and runs kernels. It knows nothing of shapes, tensors or gradients: this folder can be lifted out and run a kernel alone.
 */
import { checkValue, type Numbers, WHOLE } from "../check.ts";
import type { Arguments, Constants, DType, Kernel, Params, TypedArray } from "../kernel.ts";

/** One allocation, which several slices may share. `freed` says why it may no longer be used. */
export interface Block {
  readonly bytes: number;
  freed: string | undefined;
}

/** A run of `length` elements of one dtype in a device's memory, starting `offset` elements into its block. */
export class Slice {
  readonly device: Device;
  readonly dtype: DType;
  readonly length: number;
  readonly offset: number;
  readonly block: Block;

  constructor(device: Device, dtype: DType, length: number, offset: number, block: Block) {
    this.device = device;
    this.dtype = dtype;
    this.length = length;
    this.offset = offset;
    this.block = block;
  }

  /** Why this slice may no longer be used, or undefined while it may. */
  get freed(): string | undefined {
    return this.block.freed;
  }

  /** The elements `offset … offset + length − 1` of this slice, in the same memory. */
  view(offset: number, length: number): Slice {
    checkValue("view", "offset", offset, WHOLE);
    checkValue("view", "length", length, WHOLE);
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new RangeError(`view: elements ${offset} to ${offset + length} lie outside of a slice of ${this.length}`);
    }
    return new Slice(this.device, this.dtype, length, this.offset + offset, this.block);
  }
}

/** Bytes of one element as GPUs store it. */
export const BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, u32: 4, u8: 1 };

/** What a device computes with. */
export interface DeviceInfo {
  /** "f64" only on a cpu device opened for gradient checks. */
  readonly precision: "f32" | "f64";
  /** What runs the kernels, in the driver's own words. */
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU: never to be presented as a GPU's speed. */
  readonly software: boolean;
  /** Why it is this device, where another one was looked for. */
  readonly note?: string;
}

/** What a device holds, as `device.memory()` counts it. */
export interface MemoryReport {
  /** Slices in use: how many separately allocated ones, and their bytes. */
  readonly live: number;
  readonly liveBytes: number;
  /** Memory kept for reuse. */
  readonly pooled: number;
  readonly pooledBytes: number;
  /** How many times memory was taken from the system since the device was opened. */
  readonly created: number;
}

/** The words of a step row, by name and in order: at most 48. */
export type StepLayout = Readonly<Record<string, "u32" | "f32">>;

/** The values of one step row, computed on the host in f64. */
export type StepRow = Readonly<Record<string, number>>;

/** A recorded sequence of launches that runs again with other step rows, as often as wanted. It owns the slices made while recording. */
export interface CapturedStep {
  /** Compiles what the sequence runs, in parallel and without stalling, which otherwise its first replay does; throws what does not compile. */
  prepare(): Promise<void>;
  /** Runs the sequence once for each row, in order. */
  replay(rows: readonly StepRow[]): void;
  /** Gives back what the sequence owns. */
  dispose(): void;
}

/** One run of a kernel: what it binds, null where an optional binding is absent, and its numbers. */
export interface Launch<P extends Params = Params> {
  readonly kernel: Kernel<P>;
  readonly inputs: readonly (Slice | null)[];
  readonly outputs: readonly (Slice | null)[];
  readonly params: Arguments<P>;
  readonly constants?: Constants;
}

/** A step row with its layout. */
export interface StepValues {
  readonly layout: StepLayout;
  readonly row: StepRow;
}

/** Is told of each new slice before anything is written to it, and of each launch and copy right after it, while what it wrote is still there. */
export interface Watcher {
  /** A new slice, before anything is written to it. */
  allocated?(slice: Slice): void;
  /** `step` is the row in force, if there is one. */
  launched?(launch: Launch, step: StepValues | undefined): void;
  /** A copy that was made. */
  copied?(from: Slice, to: Slice): void;
  /** Called in the place of freeing memory, which stays as it is until the watcher calls `free`. */
  freeing?(free: () => void): void;
}

/** Memory, and kernels that run on it. It knows nothing of shapes, tensors or gradients. */
export interface Device {
  readonly name: string;
  readonly info: DeviceInfo;
  /** Bytes that the start of a view into a larger slice must be a multiple of. */
  readonly alignment: number;
  /** How many slices one launch may bind. */
  readonly bindings: number;
  /** The most bytes that one slice can have; Infinity where nothing but memory limits it. */
  readonly largest: number;

  /** Memory with unspecified contents, freed when the enclosing scope closes; `unscoped` memory lives until it is freed by hand. */
  alloc(dtype: DType, length: number, lifetime?: "scoped" | "unscoped"): Slice;
  /** Gives the memory back; every slice that shares it is unusable from now on, and `why` is said when one is used. */
  free(slice: Slice, why?: string): void;
  /** Copies as many values as the slice has into it, rounded to its dtype. */
  write(slice: Slice, data: Numbers): void;
  /** Copies one slice to another of the same dtype and length, in another block. */
  copy(from: Slice, to: Slice): void;
  /** Runs a kernel: its slices, and a number or a word of the step row for each of its Params. Checked first, then done in order. */
  run<P extends Params>(
    kernel: Kernel<P>,
    inputs: readonly (Slice | null)[],
    outputs: readonly (Slice | null)[],
    params: Arguments<P>,
    constants?: Constants,
  ): void;
  /** Runs launches in order; a device may merge those of one kernel. */
  runGroup(launches: readonly Launch[]): void;
  /** The only call that waits, on every device; where it has nothing to wait for it gives the event loop a turn now and then. Errors of earlier launches are thrown here. */
  read(slice: Slice): Promise<TypedArray>;
  /** Compiles ahead of the first launch, so that it does not stall; throws what does not compile. */
  prepare(kernels: readonly Kernel[]): Promise<void>;
  /** How many kernels are being prepared at this moment; 0 where nothing is compiled ahead. */
  readonly compiling: number;

  /** Runs `f`, then frees everything allocated in it except what its result holds. `f` must not be asynchronous. */
  scope<T>(f: () => T): T;
  /** What is held now: slices in use and memory kept for reuse. */
  memory(): MemoryReport;
  /** Gives pooled memory back to the system. */
  trim(): void;

  /** Runs `f` with one step row in force. */
  step(layout: StepLayout, row: StepRow, f: () => void): void;
  /** Records what `f` launches, running nothing; reading and writing inside throw. */
  capture(layout: StepLayout, f: () => void): CapturedStep;
  /** Runs `f`, and tells the watcher what happens in it; what is recorded does not happen, nor is the watcher told of what it does itself. */
  watch(watcher: Watcher, f: () => void): void;

  /** Settles when the device is closed or lost, with the reason. */
  readonly lost: Promise<DeviceLostError>;
  /** Finishes what is under way and gives everything back; every later call throws a DeviceLostError. */
  close(): Promise<void>;
}

/** The device is gone: closed, destroyed, or lost by its driver. Nothing on it can be used again. */
export class DeviceLostError extends Error {
  override readonly name = "DeviceLostError";
}
