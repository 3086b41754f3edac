/** The line that comes out of a bench. */

export interface StepTiming {
  /** The median, least and greatest of the samples, in milliseconds of one call. */
  readonly stepMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly samples: number;
}

/** What was measured on: part of every line. */
export interface Machine {
  readonly device: string;
  readonly threads: number;
  /** What runs the kernels, in the driver's own words. */
  readonly adapter: string;
  /** True for a GPU that is emulated on the CPU. */
  readonly software: boolean;
}

/** One line of a bench's output; which of the numbers it has depends on the bench. */
export interface Result extends Machine, Partial<StepTiming> {
  readonly bench: string;
  readonly workload: string;
  readonly batch?: number;
  readonly usPerExample?: number;
  readonly gflops?: number;
  /** The most that one core does in 128-bit SIMD, and the share of it that each thread reached. */
  readonly peakGflops?: number;
  readonly ofPeak?: number;
  /** Training steps before the memory was looked at. */
  readonly step?: number;
  readonly residentBytes?: number;
  /** Devices that were opened and closed before, by the library or by its calls of WebGPU without it; and what each of the last ones left behind. */
  readonly devices?: number;
  readonly calledBy?: "elbograd" | "WebGPU alone";
  readonly bytesPerDevice?: number;
  readonly deviceBytes?: number;
  /** How many times the device took memory from the system. */
  readonly created?: number;
  /** What one training step asks of WebGPU (src/lab/trace/count_webgpu.ts says what is counted). */
  readonly dispatches?: number;
  readonly submits?: number;
  readonly writes?: number;
  readonly writeBytes?: number;
  readonly buffersCreated?: number;
  readonly bindGroupsCreated?: number;
  readonly bytesMoved?: number;
  /** One launch of a step, its sizes, and its part of all launches' time. */
  readonly kernel?: string;
  readonly shape?: string;
  readonly share?: number;
  readonly gbPerSecond?: number;
  /** Whose clock it is: the host's includes the launch and the wait for it. */
  readonly clock?: "GPU" | "host";
}
