import type { DType } from "../kernel.ts";
import type { Device } from "./device.ts";

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
    if (offset < 0 || length < 0 || offset + length > this.length) {
      throw new RangeError(`view: elements ${offset} to ${offset + length} lie outside of a slice of ${this.length}`);
    }
    return new Slice(this.device, this.dtype, length, this.offset + offset, this.block);
  }
}

/** Bytes of one element as GPUs store it. */
export const BYTES: Readonly<Record<DType, number>> = { f32: 4, u32: 4, u8: 1 };
