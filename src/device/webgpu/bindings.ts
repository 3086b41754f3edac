/** Bind groups of storage buffers, each made once, and forgotten when one of its buffers is destroyed. */
import { BYTES, type Launch, type Slice } from "../device.ts";
import type { GpuCalls } from "./calls.ts";
import type { PipelineFrame } from "./pipeline.ts";

/** A GPU buffer with a number that names it in keys, and the keys of the bind groups that hold it. */
export interface GpuMemory {
  readonly buffer: GPUBuffer;
  readonly id: number;
  readonly groups: Set<string>;
}

export const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, uniform: 0x40, storage: 0x80 } as const;

/** Slices start at multiples of this many bytes. */
export const ALIGNMENT = 256;

/** Bytes that a slice takes in a buffer: whole words. */
export function wordBytes(slice: Slice): number {
  return Math.max(4, Math.ceil((slice.length * BYTES[slice.dtype]) / 4) * 4);
}

/** Bytes that a slice is bound with: whole vectors, for shaders that read four elements at a time; in the place of an absent one, as many as align. */
export function boundBytes(slice: Slice | null): number {
  return slice === null ? ALIGNMENT : Math.ceil(wordBytes(slice) / 16) * 16;
}

export class BindGroups {
  readonly #gpu: GpuCalls;
  readonly #memoryOf: (slice: Slice) => GpuMemory;
  readonly #groups = new Map<string, GPUBindGroup>();
  /** What absent optional inputs and outputs are bound to: two buffers, because one cannot be both read and written. */
  readonly #absentInput: GPUBuffer;
  readonly #absentOutput: GPUBuffer;

  constructor(gpu: GpuCalls, memoryOf: (slice: Slice) => GpuMemory) {
    this.#gpu = gpu;
    this.#memoryOf = memoryOf;
    this.#absentInput = gpu.createBuffer({ label: "absent input", size: ALIGNMENT, usage: USAGE.storage });
    this.#absentOutput = gpu.createBuffer({ label: "absent output", size: ALIGNMENT * 8, usage: USAGE.storage });
  }

  get({ layout, layoutKey }: PipelineFrame, { kernel, inputs, outputs }: Launch): GPUBindGroup {
    let key = layoutKey;
    for (const slice of inputs) key += this.#keyOf(slice);
    for (const slice of outputs) key += this.#keyOf(slice);
    let group = this.#groups.get(key);
    if (group === undefined) {
      const entries = [...inputs, ...outputs].map((slice, binding): GPUBindGroupEntry => {
        return { binding, resource: this.#resource(slice, binding - inputs.length, kernel.name) };
      });
      group = this.#gpu.createBindGroup({ label: kernel.name, layout, entries });
      this.#groups.set(key, group);
      for (const slice of [...inputs, ...outputs]) if (slice) this.#memoryOf(slice).groups.add(key);
    }
    return group;
  }

  /** Drops the bind groups that hold a buffer which is about to be destroyed. */
  forget(memory: GpuMemory): void {
    for (const key of memory.groups) this.#groups.delete(key);
  }

  destroy(): void {
    this.#groups.clear();
    this.#absentInput.destroy();
    this.#absentOutput.destroy();
  }

  #keyOf(slice: Slice | null): string {
    return slice === null ? ",-" : `,${this.#memoryOf(slice).id}:${slice.offset}:${slice.length}${slice.dtype}`;
  }

  #resource(slice: Slice | null, output: number, kernel: string): GPUBufferBinding {
    if (slice === null) {
      if (output < 0) return { buffer: this.#absentInput };
      return { buffer: this.#absentOutput, offset: output * ALIGNMENT, size: boundBytes(null) };
    }
    const offset = slice.offset * BYTES[slice.dtype];
    if (offset % ALIGNMENT !== 0) {
      throw new RangeError(
        `${kernel}: a view starts at byte ${offset}, which is no multiple of ${ALIGNMENT} (align the parts of a buffer to device.alignment)`,
      );
    }
    return { buffer: this.#memoryOf(slice).buffer, offset, size: boundBytes(slice) };
  }
}
