/** The webgpu device: launches become dispatches of one command encoder, submitted together; errors are kept and thrown at the next read. */
import type { Kernel, TypedArray } from "../../kernel.ts";
import { BaseDevice } from "../base.ts";
import { BYTES, type CapturedStep, type DeviceInfo, DeviceLostError, type Launch, type Slice, type StepLayout } from "../device.ts";
import { toHalves } from "../half.ts";
import type { Command } from "../recording.ts";
import type { ReplaceOptions } from "../replace.ts";
import { rowBits } from "../step_row.ts";
import { ALIGNMENT, BindGroups, type GpuMemory, USAGE, wordBytes } from "./bindings.ts";
import { GpuCalls } from "./calls.ts";
import { type Core, coverGrid, DEFAULT_CORE } from "./cores.ts";
import { Pipelines } from "./pipelines.ts";
import { Readback } from "./readback.ts";
import { compileReplay, type Dispatch, type Prepared } from "./replay.ts";
import { gridParams, SlotRing } from "./uniforms.ts";

/** Memory kept for reuse, in bytes. */
const POOL_BYTES = 512 * 2 ** 20;
/** Slots for eager launches per submit. */
const SLOTS = 256;

export class WebGpuDevice extends BaseDevice<GpuMemory> {
  readonly name = "webgpu";
  readonly info: DeviceInfo;
  readonly alignment: number = ALIGNMENT;
  /** Held as long as the device: collected, it takes Dawn's process down. */
  readonly gpu: GPU;
  /** What is beneath, for laboratories that count its calls or read its clock. */
  readonly gpuDevice: GPUDevice;
  readonly calls: GpuCalls;
  readonly #pipelines: Pipelines;
  readonly #groups: BindGroups;
  readonly #ring: SlotRing;
  readonly #readback: Readback;
  readonly #errors: string[] = [];
  #pending: Promise<void>[] = [];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  /** The step that the ring's current row belongs to. */
  #rowOf: object | undefined;
  #nextId = 0;

  constructor(gpu: GPU, device: GPUDevice, info: DeviceInfo, core: Core = DEFAULT_CORE, options: ReplaceOptions = {}) {
    super(POOL_BYTES, options);
    this.gpu = gpu;
    this.info = info;
    this.gpuDevice = device;
    this.calls = new GpuCalls(device);
    this.#pipelines = new Pipelines(device, core, (failure) => this.#expect(failure));
    this.#groups = new BindGroups(this.calls, (slice) => this.memoryOf(slice));
    this.#ring = new SlotRing(this.calls, this.#pipelines.uniforms, SLOTS, USAGE.uniform | USAGE.copyTarget);
    this.#readback = new Readback(this.calls);
    keepErrors(device, this.#errors);
    void device.lost.then(({ reason, message }) => this.lose(new DeviceLostError(`webgpu: the device was lost (${reason}: ${firstLine(message)})`)));
  }

  override get bindings(): number {
    return this.gpuDevice.limits.maxStorageBuffersPerShaderStage;
  }

  override get largest(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpuDevice.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  protected createMemory(bytes: number): GpuMemory {
    if (bytes > this.largest) {
      throw new RangeError(
        `alloc: the adapter binds at most ${this.largest} bytes in one piece, got ${bytes} (keep images as u8, or use smaller batches)`,
      );
    }
    this.gpuDevice.pushErrorScope("out-of-memory");
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const buffer = this.calls.createBuffer({ label: `slice of ${bytes} bytes`, size: bytes, usage });
    this.#expect(this.gpuDevice.popErrorScope().then((error) => (error ? `webgpu: out of memory, ${bytes} bytes asked` : undefined)));
    return { buffer, id: this.#nextId++, groups: new Set() };
  }

  protected destroyMemory(memory: GpuMemory): void {
    if (!this.lostError) this.#flush();
    this.#groups.forget(memory);
    memory.buffer.destroy();
  }

  protected writeMemory(slice: Slice, data: TypedArray): void {
    this.#flush(); // a queue write would overtake recorded commands
    const words = new Uint8Array(wordBytes(slice));
    if (slice.dtype === "f32") new Float32Array(words.buffer).set(data);
    else if (slice.dtype === "f16") new Uint16Array(words.buffer).set(toHalves(data));
    else if (slice.dtype === "u32") new Uint32Array(words.buffer).set(data);
    else words.set(data);
    this.calls.write(this.memoryOf(slice).buffer, slice.offset * BYTES[slice.dtype], words);
  }

  protected async readMemory(slice: Slice): Promise<TypedArray> {
    try {
      const data = await this.#readback.read(slice, this.memoryOf(slice).buffer, this.#commands(), () => this.#flush());
      await this.#throwErrors();
      return data;
    } catch (error) {
      // Nothing but the end of the device aborts a mapping; browsers announce it later than they abort.
      if (error instanceof DOMException && error.name === "AbortError") throw await this.lost;
      throw this.lostError ?? error;
    }
  }

  async prepare(kernels: readonly Kernel[]): Promise<void> {
    this.checkAlive();
    const chosen = kernels.map((kernel) => this.replacements.of(kernel));
    await Promise.all(chosen.map((kernel) => this.#pipelines.get(kernel, kernel.constants ?? {}).prepare()));
  }

  override get compiling(): number {
    return this.#pipelines.preparing;
  }

  protected execute(command: Command): void {
    if (command.kind === "copy") return this.#encodeCopy(this.#commands(), command.from, command.to);
    const dispatch = this.#dispatchOf(command.launch);
    if (!dispatch) return;
    if (this.#ring.full) this.#flush();
    if (this.current !== this.#rowOf) this.#ring.endRow();
    this.#rowOf = this.current;
    const { layout, row } = this.current ?? {};
    const offsets = this.#ring.place(command.launch, layout, (into, at) => layout && row && rowBits(layout, row, into, at));
    const pass = (this.#pass ??= this.#openEncoder().beginComputePass({ label: "eager launches" }));
    pass.setPipeline(dispatch.pipeline.get());
    pass.setBindGroup(0, dispatch.group);
    pass.setBindGroup(1, this.#ring.group, offsets);
    pass.dispatchWorkgroups(...dispatch.grid);
  }

  protected compile(layout: StepLayout, commands: readonly Command[]): CapturedStep {
    const prepared = commands.flatMap((command): Prepared[] => {
      if (command.kind === "copy") return [command];
      const dispatch = this.#dispatchOf(command.launch);
      return dispatch ? [{ ...command, dispatch }] : [];
    });
    const host = {
      gpu: this.calls,
      uniforms: this.#pipelines.uniforms,
      flush: () => this.#flush(),
      commands: () => this.#commands(),
      encodeCopy: (encoder: GPUCommandEncoder, from: Slice, to: Slice) => this.#encodeCopy(encoder, from, to),
    };
    return compileReplay(host, layout, prepared);
  }

  /** How a launch is dispatched, products covered with the tiles of their core; undefined if its grid is empty. */
  planOf(launch: Launch): Pick<Dispatch, "pipeline" | "grid"> | undefined {
    const { kernel } = launch;
    const constants = { ...kernel.constants, ...launch.constants };
    const size = kernel.grid(gridParams(launch), constants);
    if (size.includes(0)) return undefined;
    const pipeline = this.#pipelines.get(kernel, constants);
    const { core } = pipeline.frame;
    const [x, y = 1, z = 1] = core ? coverGrid(core, size) : size;
    const limit = this.gpuDevice.limits.maxComputeWorkgroupsPerDimension;
    if (Math.max(x, y, z) > limit) {
      throw new RangeError(
        `${kernel.name}: a grid has at most ${limit} workgroups in one dimension, got [${x}, ${y}, ${z}] (fold it with foldedGrid)`,
      );
    }
    return { pipeline, grid: [x, y, z] };
  }

  /** Everything that a launch needs, or undefined if its grid is empty. */
  #dispatchOf(launch: Launch): Dispatch | undefined {
    const plan = this.planOf(launch);
    return plan && { ...plan, group: this.#groups.get(plan.pipeline.frame, launch) };
  }

  #encodeCopy(encoder: GPUCommandEncoder, from: Slice, to: Slice): void {
    const size = BYTES[from.dtype];
    encoder.copyBufferToBuffer(this.memoryOf(from).buffer, from.offset * size, this.memoryOf(to).buffer, to.offset * size, wordBytes(from));
  }

  /** The open encoder, outside of a pass. */
  #commands(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = undefined;
    return this.#openEncoder();
  }

  /** What is recorded is submitted by the next read, write or full ring, and at the latest when the caller yields. */
  #openEncoder(): GPUCommandEncoder {
    if (this.#encoder === undefined) {
      this.#encoder = this.gpuDevice.createCommandEncoder({ label: "launches" });
      queueMicrotask(() => this.lostError ?? this.#flush());
    }
    return this.#encoder;
  }

  #flush(): void {
    if (this.#encoder === undefined) return;
    this.#pass?.end();
    this.#ring.upload(this.calls);
    this.#submit(this.#encoder);
    this.#encoder = undefined;
    this.#pass = undefined;
  }

  /** Submits within an error scope, because uncaptured errors may reach a page later than the data of the next read. */
  #submit(encoder: GPUCommandEncoder): void {
    this.gpuDevice.pushErrorScope("validation");
    this.calls.submit(encoder);
    const failure = this.gpuDevice.popErrorScope().then((error) => (error ? `webgpu: ${firstLine(error.message)}` : undefined));
    this.#keep(failure, (message) => this.#errors.push(message));
  }

  /** Keeps what a pending check will find for the next read, before the errors that follow from it. */
  #expect(failure: Promise<string | undefined>): void {
    this.#keep(failure, (message) => this.#errors.unshift(message));
  }

  #keep(failure: Promise<string | undefined>, keep: (message: string) => void): void {
    const settled = failure.then(
      (message) => (message === undefined ? undefined : keep(message)),
      () => undefined, // the device was lost, which says so itself
    );
    this.#pending.push(settled);
  }

  async #throwErrors(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    await Promise.all(pending);
    const [first, ...more] = this.#errors.splice(0);
    if (first !== undefined) throw new Error(more.length > 0 ? `${first} (and ${more.length} more errors)` : first);
  }

  protected async finish(): Promise<void> {
    this.#flush();
    await this.gpuDevice.queue.onSubmittedWorkDone();
    await Promise.all(this.#pending);
  }

  protected release(): void {
    this.#groups.destroy();
    this.#readback.destroy();
    this.#ring.buffer.destroy();
    this.gpuDevice.destroy();
  }
}

/**
 * Keeps errors that no scope caught. A function of its own, so that the listener knows the list and not the device: Dawn holds a listener as long as
 * its GPUDevice, and would hold with it, for ever, whatever holds that GPUDevice.
 */
function keepErrors(device: GPUDevice, errors: string[]): void {
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    errors.push(`webgpu: ${firstLine(event.error.message)}`);
  });
}

function firstLine(message: string): string {
  return message.trim().split("\n")[0] ?? "";
}
