/** What a launch binds, and what that is where it is known: a parameter, its gradient, what training keeps, or the output of an earlier launch. */
import { BYTES, type Block, type Device, type Launch, type Slice } from "../../device/device.ts";
import { boundBytes, wordBytes } from "../../device/webgpu/bindings.ts";
import type { DType } from "../../kernel.ts";
import type { Parameters } from "../../nn/parameters.ts";
import { gpuDeviceOf } from "../timing/gpu_device.ts";
import { operandNames } from "./reading.ts";

/** What a launch reads or writes. */
export interface TracedOperand {
  /** What the shader calls it. */
  readonly name: string;
  readonly role: "input" | "output";
  /** Absent where the binding is optional and nothing is given. */
  readonly dtype?: DType;
  /** Elements. */
  readonly length: number;
  /** Bytes that are bound. */
  readonly bytes: number;
  /** `encoder.0.weight`, `gradient of heads.bias`, `heads.z of launch 2`. */
  readonly holds?: string;
}

/** Names of slices that are known before the step runs. */
export interface Known {
  readonly parameters?: Parameters;
  readonly slices?: ReadonlyMap<string, Slice>;
}

/** Names the operands of launches that are told of in their order. */
export class Operands {
  readonly #device: Device;
  readonly #known: Known;
  /** Who wrote a block last, and as what. */
  readonly #made = new Map<Block, string>();

  constructor(device: Device, known: Known) {
    this.#device = device;
    this.#known = known;
  }

  of({ kernel, inputs, outputs }: Launch, number: number): TracedOperand[] {
    const names = operandNames(kernel);
    const read = inputs.map((slice, i) => this.#operand(names[i]!, "input", slice));
    const written = outputs.map((slice, i) => this.#operand(names[inputs.length + i]!, "output", slice));
    outputs.forEach((slice, i) => slice && this.#made.set(slice.block, `${kernel.name}.${written[i]!.name} of launch ${number}`));
    return [...read, ...written];
  }

  ofCopy(from: Slice, to: Slice, number: number): TracedOperand[] {
    const both = [this.#operand("from", "input", from), this.#operand("to", "output", to)].map((operand) => ({
      ...operand,
      bytes: this.#copied(from),
    }));
    this.#made.set(to.block, both[0]!.holds ?? `the copy of launch ${number}`);
    return both;
  }

  /** Copies move whole words, and nothing beyond. */
  #copied(slice: Slice): number {
    return gpuDeviceOf(this.#device) ? wordBytes(slice) : bytesOf(this.#device, slice);
  }

  #operand(name: string, role: TracedOperand["role"], slice: Slice | null): TracedOperand {
    if (slice === null) return { name, role, length: 0, bytes: bytesOf(this.#device, null) };
    const holds = this.#nameOf(slice) ?? (role === "input" ? this.#made.get(slice.block) : undefined);
    const { dtype, length } = slice;
    return { name, role, dtype, length, bytes: bytesOf(this.#device, slice), ...(holds !== undefined && { holds }) };
  }

  #nameOf(slice: Slice): string | undefined {
    const { parameters, slices = new Map<string, Slice>() } = this.#known;
    if (slice.block === parameters?.value.block) return partOf(parameters, slice);
    if (slice.block === parameters?.gradient.block) return `gradient of ${partOf(parameters, slice)}`;
    return [...slices].find(([, { block }]) => block === slice.block)?.[0];
  }
}

/** The parameter at a place of a flat buffer, or all of them. */
function partOf({ tensors, length }: Parameters, slice: Slice): string {
  if (slice.length === length) return "all parameters";
  return [...tensors].findLast(([, tensor]) => tensor.slice.offset <= slice.offset)![0];
}

/** Bytes that a launch reads or writes at most of a slice: what is bound on webgpu, else its elements as the device keeps them. */
function bytesOf(device: Device, slice: Slice | null): number {
  if (gpuDeviceOf(device)) return boundBytes(slice);
  if (slice === null) return 0;
  const float = device.info.precision === "f64" ? 8 : 4;
  return slice.length * (slice.dtype === "f32" || slice.dtype === "f16" ? float : BYTES[slice.dtype]);
}
