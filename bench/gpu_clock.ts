/** How long compute passes take by the GPU's own clock: timestamps at the beginning and the end of each. */

const QUERIES = { count: 2, bytes: 16 };
const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, queryResolve: 0x200 };

export class GpuClock {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  /** The device must have the feature "timestamp-query"; each pass of the encoders that it makes from now on is timed. */
  constructor(device: GPUDevice) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: "timestamp", count: QUERIES.count });
    this.#resolved = device.createBuffer({ size: QUERIES.bytes, usage: USAGE.queryResolve | USAGE.copySource });
    this.#staging = device.createBuffer({ size: QUERIES.bytes, usage: USAGE.mapRead | USAGE.copyTarget });
    const timestampWrites = { querySet: this.#queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const createCommandEncoder = device.createCommandEncoder.bind(device);
    device.createCommandEncoder = (descriptor) => {
      const encoder = createCommandEncoder(descriptor);
      const beginComputePass = encoder.beginComputePass.bind(encoder);
      encoder.beginComputePass = (pass) => beginComputePass({ ...pass, timestampWrites });
      return encoder;
    };
  }

  /** Milliseconds of the last pass that was submitted. */
  async elapsed(): Promise<number> {
    const encoder = this.#device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, QUERIES.count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, QUERIES.bytes);
    this.#device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(1);
    const [start, end] = new BigUint64Array(this.#staging.getMappedRange()) as unknown as [bigint, bigint];
    const ms = Number(end - start) / 1e6;
    this.#staging.unmap();
    return ms;
  }
}
