/** The calls of a GPUDevice that a training step is to need few of, each counted since the device was opened. */
import type { GpuCounts } from "./counts.ts";

export class GpuCalls implements GpuCounts {
  readonly #device: GPUDevice;
  submits = 0;
  writes = 0;
  writeBytes = 0;
  buffersCreated = 0;
  bindGroupsCreated = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  createBuffer(descriptor: GPUBufferDescriptor): GPUBuffer {
    this.buffersCreated++;
    return this.#device.createBuffer(descriptor);
  }

  createBindGroup(descriptor: GPUBindGroupDescriptor): GPUBindGroup {
    this.bindGroupsCreated++;
    return this.#device.createBindGroup(descriptor);
  }

  /** Writes the first `length` elements of `data` to a buffer, from its byte `offset` on. */
  write(buffer: GPUBuffer, offset: number, data: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, length: number = data.length): void {
    this.writes++;
    this.writeBytes += length * data.BYTES_PER_ELEMENT;
    this.#device.queue.writeBuffer(buffer, offset, data, 0, length);
  }

  submit(encoder: GPUCommandEncoder): void {
    this.submits++;
    this.#device.queue.submit([encoder.finish()]);
  }
}
