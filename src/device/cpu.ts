/** The cpu device runs every kernel's specification on typed arrays: the transparent reference, and with f64 the gradient check's oracle. */
import type { TypedArray } from "../kernel.ts";
import { BaseDevice } from "./base.ts";
import { BYTES, type CapturedStep, type DeviceInfo, type Launch, type Slice, type StepLayout } from "./device.ts";
import { roundedToHalves } from "./half.ts";
import type { Command } from "./recording.ts";
import type { ReplaceOptions } from "./replace.ts";
import { numbersOf, type Step } from "./step_row.ts";

export interface CpuOptions extends ReplaceOptions {
  /** "f64" computes and stores every f32 slice in double precision, for gradient checks; default "f32". */
  readonly precision?: "f32" | "f64";
}

const NONE = new Float32Array(0);

export class CpuDevice extends BaseDevice<ArrayBuffer> {
  readonly name = "cpu";
  readonly info: DeviceInfo;
  readonly alignment: number;

  constructor(options: CpuOptions = {}, note?: string) {
    super(512 * 2 ** 20, options);
    const precision = options.precision ?? "f32";
    this.info = { precision, adapter: "JavaScript typed arrays", software: false, ...(note !== undefined && { note }) };
    this.alignment = this.bytesOf("f32");
  }

  protected override bytesOf(dtype: Slice["dtype"]): number {
    if (dtype === "f32" || dtype === "f16") return this.info.precision === "f64" ? 8 : 4;
    return BYTES[dtype];
  }

  protected createMemory(bytes: number): ArrayBuffer {
    return new ArrayBuffer(bytes);
  }

  protected destroyMemory(): void {
    // The garbage collector does it.
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  protected finish(): Promise<void> {
    return Promise.resolve();
  }

  protected release(): void {
    // There is nothing but slices.
  }

  protected writeMemory(slice: Slice, data: TypedArray): void {
    this.#view(slice).set(slice.dtype === "f16" ? roundedToHalves(data) : data);
  }

  protected readMemory(slice: Slice): TypedArray {
    return this.#view(slice).slice();
  }

  protected execute(command: Command): void {
    if (command.kind === "copy") this.#view(command.to).set(this.#view(command.from));
    else this.#bind(command.launch)(this.current?.layout, this.current?.row);
  }

  protected compile(layout: StepLayout, commands: readonly Command[]): CapturedStep {
    const steps = commands.map((command) => {
      if (command.kind === "run") return this.#bind(command.launch);
      const from = this.#view(command.from);
      const to = this.#view(command.to);
      return () => to.set(from);
    });
    return {
      prepare: () => Promise.resolve(),
      replay: (rows) => rows.forEach((row) => steps.forEach((step) => step(layout, row))),
      dispose: () => undefined,
    };
  }

  /** A launch with its views made once; called with each row. */
  #bind(launch: Launch): Step {
    const { kernel } = launch;
    const inputs = launch.inputs.map((slice) => this.#view(slice));
    const outputs = launch.outputs.map((slice) => this.#view(slice));
    const constants = { ...kernel.constants, ...launch.constants };
    const { params, update } = numbersOf(launch, this.info.precision);
    if (kernel.grid(params, constants).includes(0)) return () => undefined;
    return (layout, row) => {
      update(layout, row);
      kernel.cpu(inputs, outputs, params, constants);
    };
  }

  #view(slice: Slice | null): TypedArray {
    if (slice === null) return NONE;
    const buffer = this.memoryOf(slice);
    if (slice.dtype === "u8") return new Uint8Array(buffer, slice.offset, slice.length);
    if (slice.dtype === "u32") return new Uint32Array(buffer, slice.offset * 4, slice.length);
    if (this.info.precision === "f64") return new Float64Array(buffer, slice.offset * 8, slice.length);
    return new Float32Array(buffer, slice.offset * 4, slice.length);
  }
}
