/** What is counted of the calls of a GPUDevice. */
export interface GpuCounts {
  readonly submits: number;
  /** Calls of `writeBuffer`, and the bytes that they carried. */
  readonly writes: number;
  readonly writeBytes: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
}
