/** Reading GPU memory: a copy into a mappable buffer, which is kept and used again. */
import type { TypedArray } from "../../kernel.ts";
import { sizeClass } from "../pool.ts";
import { BYTES, type Slice } from "../device.ts";
import { fromHalves } from "../half.ts";
import { USAGE, wordBytes } from "./bindings.ts";
import type { GpuCalls } from "./calls.ts";

const KEPT = 8;

export class Readback {
  readonly #gpu: GpuCalls;
  readonly #idle: GPUBuffer[] = [];

  constructor(gpu: GpuCalls) {
    this.#gpu = gpu;
  }

  /** Copies with an encoder of the caller's, who submits it with `submit`, and waits. */
  async read(slice: Slice, source: GPUBuffer, encoder: GPUCommandEncoder, submit: () => void): Promise<TypedArray> {
    const bytes = wordBytes(slice);
    const staging = this.#take(sizeClass(bytes));
    encoder.copyBufferToBuffer(source, slice.offset * BYTES[slice.dtype], staging, 0, bytes);
    submit();
    await staging.mapAsync(1, 0, bytes);
    const data = staging.getMappedRange(0, bytes).slice(0, slice.length * BYTES[slice.dtype]);
    staging.unmap();
    if (this.#idle.length < KEPT) this.#idle.push(staging);
    else staging.destroy();
    if (slice.dtype === "u8") return new Uint8Array(data);
    if (slice.dtype === "f16") return fromHalves(new Uint16Array(data));
    return slice.dtype === "u32" ? new Uint32Array(data) : new Float32Array(data);
  }

  #take(size: number): GPUBuffer {
    const i = this.#idle.findIndex((buffer) => buffer.size === size);
    if (i >= 0) return this.#idle.splice(i, 1)[0]!;
    return this.#gpu.createBuffer({ label: "read", size, usage: USAGE.mapRead | USAGE.copyTarget });
  }

  destroy(): void {
    for (const buffer of this.#idle.splice(0)) buffer.destroy();
  }
}
