/**
 * The wasm device: the cpu device on one WebAssembly.Memory, whose hot kernels are SIMD code that is emitted and compiled when first used. What
 * is not on their list runs its specification on views of the memory.
 */
import type { Kernel, Params, TypedArray } from "../../kernel.ts";
import { BaseDevice } from "../base.ts";
import { BYTES, type CapturedStep, type DeviceInfo, type Launch, type Slice, type StepLayout } from "../device.ts";
import type { Command } from "../recording.ts";
import { numbersOf, type Step } from "../step_row.ts";
import { Engine } from "./engine.ts";
import { Heap } from "./heap.ts";
import { product } from "./product.ts";
import { simdKernels } from "./kernels/index.ts";

export interface WasmOptions {
  /** The most memory that the wasm device takes, in bytes; default 4 GiB, which is also the most that there can be. */
  readonly maxMemory?: number;
}

const NONE = new Float32Array(0);
const FOUR_GIB = 2 ** 32;

export function checkMaxMemory({ maxMemory = FOUR_GIB }: WasmOptions): void {
  if (maxMemory >= 65536 && maxMemory <= FOUR_GIB) return;
  throw new RangeError(`openDevice: maxMemory is from 65536 bytes (64 KiB) to ${FOUR_GIB} (4 GiB), got ${maxMemory}`);
}

export class WasmDevice extends BaseDevice<number> {
  readonly name = "wasm";
  readonly info: DeviceInfo = { precision: "f32", adapter: "WebAssembly SIMD128, 1 thread", software: false };
  readonly alignment = 4;
  readonly #engine: Engine;

  constructor({ maxMemory = FOUR_GIB }: WasmOptions = {}) {
    super(512 * 2 ** 20);
    this.#engine = new Engine(new Heap(maxMemory));
    // a browser or a policy that refuses the code is found out now, while there is another device to turn to
    this.#engine.function(product);
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

  protected release(): void {
    this.#engine.trim();
  }

  protected writeMemory(slice: Slice, data: TypedArray): void {
    this.#view(slice).set(data);
  }

  protected readMemory(slice: Slice): Promise<TypedArray> {
    return Promise.resolve(this.#view(slice).slice());
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
    const [from, to, bytes] = [this.#address(command.from), this.#address(command.to), command.from.length * BYTES[command.from.dtype]];
    return () => new Uint8Array(this.#engine.heap.memory.buffer).copyWithin(to, from, from + bytes);
  }

  #bindLaunch(launch: Launch): Step {
    const { kernel } = launch;
    const { params, update } = numbersOf(launch, this.info.precision);
    const constants = { ...kernel.constants, ...launch.constants };
    if (kernel.grid(params, constants).includes(0)) return () => undefined;
    const simd = Object.hasOwn(simdKernels, kernel.name) ? simdKernels[kernel.name] : undefined;
    const run =
      simd?.shader.source === kernel.wgsl.source
        ? simd.bind({
            engine: this.#engine,
            inputs: launch.inputs.map((slice) => this.#address(slice)),
            outputs: launch.outputs.map((slice) => this.#address(slice)),
            params: params as never,
            constants,
          })
        : this.#bindSpecification(launch, params, constants);
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
    return slice === null ? 0 : this.memoryOf(slice) + slice.offset * BYTES[slice.dtype];
  }

  #view(slice: Slice | null): TypedArray {
    if (slice === null) return NONE;
    const { buffer } = this.#engine.heap.memory;
    const kind = slice.dtype === "u8" ? Uint8Array : slice.dtype === "u32" ? Uint32Array : Float32Array;
    return new kind(buffer, this.#address(slice), slice.length);
  }
}
