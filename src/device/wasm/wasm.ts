/**
 * The wasm device: the cpu device on one WebAssembly.Memory, whose hot kernels are SIMD code that is emitted and compiled when first used, and
 * shared among threads. What is not on their list runs its specification on views of the memory.
 */
import { cores, threadsRefused } from "#threads";
import type { Kernel, Params, TypedArray } from "../../kernel.ts";
import { BaseDevice } from "../base.ts";
import { BYTES, type CapturedStep, type DeviceInfo, DeviceLostError, type Launch, type Slice, type StepLayout } from "../device.ts";
import { roundedToHalves } from "../half.ts";
import type { Command } from "../recording.ts";
import type { ReplaceOptions } from "../replace.ts";
import { numbersOf, type Step } from "../step_row.ts";
import { Engine } from "./engine.ts";
import { canRelax, products } from "./gemm/product.ts";
import { Heap } from "./heap.ts";
import { simdKernels } from "./kernels/index.ts";
import { Team } from "./team.ts";

export interface WasmOptions extends ReplaceOptions {
  /** The most memory that the wasm device takes, in bytes; default 4 GiB, which is also the most that there can be. */
  readonly maxMemory?: number;
  /** The threads that share its work; default: as many as the machine has cores, but at most 8. The results' bits do not depend on it. */
  readonly threads?: number;
  /** Products with relaxed SIMD's fused multiply-add, where there is such a thing: faster, but with other bits on other machines; default false. */
  readonly relaxed?: boolean;
}

const NONE = new Float32Array(0);
const FOUR_GIB = 2 ** 32;
/** The most threads, unless asked for. */
const SOME = 8;

/** The device with its threads running, or with one thread, where its info says why they were refused or did not start. */
export async function openWasm(options: WasmOptions): Promise<WasmDevice> {
  const device = new WasmDevice(options);
  const refused = await device.startThreads();
  if (refused === undefined) return device;
  await device.close();
  return new WasmDevice(options, refused);
}

/** Open it with `openWasm`: until its threads are started, the main thread does all. */
export class WasmDevice extends BaseDevice<number> {
  readonly name = "wasm";
  readonly info: DeviceInfo;
  readonly alignment = 4;
  readonly #engine: Engine;
  readonly #team: Team | undefined;

  /** `refused` says why it has one thread, whatever the options. */
  constructor(options: WasmOptions = {}, refused?: string) {
    super(512 * 2 ** 20, options);
    const { maxMemory = FOUR_GIB, threads = Math.min(SOME, cores()), relaxed = false } = options;
    const why = threads > 1 ? (refused ?? threadsRefused()) : undefined;
    const size = why === undefined ? threads : 1;
    const heap = new Heap(maxMemory, size > 1);
    const isRelaxed = relaxed && canRelax();
    this.#team = size > 1 ? new Team(heap, size, (died) => this.#losing(died)) : undefined;
    this.#engine = new Engine(heap, { relaxed: isRelaxed, ...(this.#team && { team: this.#team }) });
    // without the advice, which the note has
    const alone = why === undefined ? "1 thread" : `1 thread (threads were refused: ${why.split(" (", 1)[0]})`;
    const adapter = `WebAssembly SIMD128, ${size === 1 ? alone : `${size} threads`}${isRelaxed ? ", relaxed FMA" : ""}`;
    const notes = [why && `one thread: ${why}`, relaxed && !isRelaxed && "strict products: there is no relaxed SIMD here"].filter(Boolean);
    this.info = { precision: "f32", adapter, software: false, ...(notes.length > 0 && { note: notes.join("; ") }) };
    // a browser or a policy that refuses the code is found out now, while there is another device to turn to
    this.#engine.function(products.first);
  }

  /** Resolves with undefined once the threads run, or with the reason why they do not. */
  startThreads(): Promise<string | undefined> {
    return this.#team?.start() ?? Promise.resolve(undefined);
  }

  #losing(why: string): DeviceLostError {
    this.lose(new DeviceLostError(`wasm: ${why}`));
    void this.#team?.stop();
    return this.lostError!;
  }

  /** What is beneath, for laboratories that measure how fast it can be. */
  get engine(): Engine {
    return this.#engine;
  }

  protected override bytesOf(dtype: Slice["dtype"]): number {
    return BYTES[dtype === "f16" ? "f32" : dtype];
  }

  protected createMemory(bytes: number): number {
    const { heap } = this.#engine;
    try {
      return heap.allocate(bytes);
    } catch {
      // what is kept for reuse may be enough
      this.trim();
      return heap.allocate(bytes);
    }
  }

  protected destroyMemory(address: number): void {
    this.#engine.heap.release(address);
  }

  override trim(): void {
    super.trim();
    this.#engine.trim();
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  protected finish(): Promise<void> {
    return Promise.resolve();
  }

  protected async release(): Promise<void> {
    this.#engine.trim();
    await this.#team?.stop();
  }

  protected writeMemory(slice: Slice, data: TypedArray): void {
    this.#view(slice).set(slice.dtype === "f16" ? roundedToHalves(data) : data);
  }

  protected readMemory(slice: Slice): TypedArray {
    return this.#view(slice).slice();
  }

  protected execute(command: Command): void {
    this.#bind(command)(this.current?.layout, this.current?.row);
  }

  protected compile(layout: StepLayout, commands: readonly Command[]): CapturedStep {
    const steps = commands.map((command) => this.#bind(command));
    return {
      prepare: () => Promise.resolve(),
      replay: (rows) => rows.forEach((row) => steps.forEach((step) => step(layout, row))),
      dispose: () => undefined,
    };
  }

  #bind(command: Command): Step {
    if (command.kind === "run") return this.#bindLaunch(command.launch);
    const [from, to, bytes] = [this.#address(command.from), this.#address(command.to), command.from.length * this.bytesOf(command.from.dtype)];
    return () => new Uint8Array(this.#engine.heap.memory.buffer).copyWithin(to, from, from + bytes);
  }

  #bindLaunch(launch: Launch): Step {
    const { kernel } = launch;
    const { params, update } = numbersOf(launch, this.info.precision);
    const constants = { ...kernel.constants, ...launch.constants };
    if (kernel.grid(params, constants).includes(0)) return () => undefined;
    const simd = Object.hasOwn(simdKernels, kernel.name) && !this.replacements.has(kernel) ? simdKernels[kernel.name] : undefined;
    const bound = {
      engine: this.#engine,
      inputs: launch.inputs.map((slice) => this.#address(slice)),
      outputs: launch.outputs.map((slice) => this.#address(slice)),
      params: params as never,
      constants,
    };
    const fast = simd?.shader === kernel.wgsl.name && (kernel.wgsl.source === undefined || kernel.wgsl.packaged) ? simd.bind(bound) : undefined;
    const run = fast ?? this.#bindSpecification(launch, params, constants);
    return (layout, row) => {
      update(layout, row);
      run();
    };
  }

  /** The kernel's own loop on views, which are made anew when the memory has grown. */
  #bindSpecification({ kernel, inputs, outputs }: Launch, params: Params, constants: Parameters<Kernel["cpu"]>[3]): () => void {
    let buffer: ArrayBuffer | undefined;
    let views: readonly [TypedArray[], TypedArray[]] = [[], []];
    return () => {
      const { memory } = this.#engine.heap;
      if (buffer !== memory.buffer) {
        buffer = memory.buffer;
        views = [inputs.map((slice) => this.#view(slice)), outputs.map((slice) => this.#view(slice))];
      }
      kernel.cpu(views[0], views[1], params, constants);
    };
  }

  #address(slice: Slice | null): number {
    return slice === null ? 0 : this.memoryOf(slice) + slice.offset * this.bytesOf(slice.dtype);
  }

  #view(slice: Slice | null): TypedArray {
    if (slice === null) return NONE;
    const { buffer } = this.#engine.heap.memory;
    const kind = slice.dtype === "u8" ? Uint8Array : slice.dtype === "u32" ? Uint32Array : Float32Array;
    return new kind(buffer, this.#address(slice), slice.length);
  }
}
