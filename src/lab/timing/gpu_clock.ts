/** How long compute passes take by the GPU's own clock: timestamps at the beginning and the end of each. */
import type { Device } from "../../device/device.ts";
import { gpuDeviceOf } from "./gpu_device.ts";

const QUERIES = { count: 2, bytes: 16 };
const USAGE = { mapRead: 0x1, copySource: 0x4, copyTarget: 0x8, queryResolve: 0x200 };

/** How long a compute pass takes by the GPU's own clock, in milliseconds. */
export class GpuClock {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  /** The clock of a webgpu device opened with `{ clock: true }`; undefined where there is none: other devices, adapters without timestamps. */
  static of(device: Device): GpuClock | undefined {
    const gpuDevice = gpuDeviceOf(device);
    return gpuDevice?.features.has("timestamp-query") ? new GpuClock(gpuDevice) : undefined;
  }

  /** From now on each pass is timed, until `stop`. */
  private constructor(device: GPUDevice) {
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

  /** Passes are no longer timed. */
  stop(): void {
    delete (this.#device as Partial<GPUDevice>).createCommandEncoder;
    this.#queries.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}
