/** A Tensor is a slice with a shape, and, where a gradient may be wanted, the graph node that made it. Row-major and contiguous, rank 0 to 4. */
import { ANY, type Check, checkOptions, type Checks, checkValue, DEVICE, FLAG, NUMBER, type Numbers, numbersOf, scalar, FUNCTION } from "./check.ts";
import { type Device, Slice } from "./device/device.ts";
import type { DType, Scalar, TypedArray } from "./kernel.ts";
import { checkShape, type Shape, show, sizeOf } from "./shape.ts";

/** The place of a tensor in the graph: output number `index` of `node` (see autodiff.ts). */
export interface Origin {
  readonly node: GraphNode;
  readonly index: number;
}

export interface GraphNode {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Where a tensor's values come from: memory, or a function that launches what makes them when they are first used. */
export type Source = Slice | (() => Slice);

/** The greatest of some whole numbers, and the first place where it stands. */
export interface Greatest {
  readonly value: number;
  readonly at: number;
}

/** What a tensor is made with, besides its values. */
export interface TensorOptions {
  /** False for a constant: nothing computed from constants alone is recorded. Default true. */
  readonly tracked?: boolean;
  /** The value of all elements, where it is one number: kernels that know may use it without reading memory. */
  readonly uniform?: Scalar;
  /** Of indices or labels, where the host knows them: a device cannot refuse the one that is out of range. */
  readonly greatest?: Greatest | undefined;
}

const SOURCE: Check = ["is a slice, or a function that makes one", FUNCTION[1]];
const OPTIONS: Checks<keyof TensorOptions> = { tracked: FLAG, uniform: scalar(NUMBER), greatest: ANY };

/** A slice of a device's memory with a shape, row-major and contiguous, rank 0 to 4; and its place in the graph, where a gradient may be wanted. */
export class Tensor {
  readonly device: Device;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly tracked: boolean;
  readonly uniform: Scalar | undefined;
  readonly greatest: Greatest | undefined;
  /** Set by `record`. */
  origin: Origin | undefined;
  readonly #make: (() => Slice) | undefined;
  #slice: Slice | undefined;
  #disposed = false;

  constructor(device: Device, dtype: DType, shape: Shape, source: Source, options: TensorOptions = {}) {
    // in haste: there are a hundred of them in a training step
    for (const name in options) if (!(name in OPTIONS)) checkOptions("tensor", options, OPTIONS);
    if (typeof options !== "object" || options === null) checkOptions("tensor", options, OPTIONS);
    if (!Array.isArray(shape)) checkShape("tensor", shape);
    this.device = device;
    this.dtype = dtype;
    this.shape = shape;
    this.tracked = (options.tracked ?? true) && dtype === "f32";
    this.uniform = options.uniform;
    this.greatest = options.greatest;
    if (source instanceof Slice) this.#slice = source;
    else {
      checkValue("tensor", "source", source, SOURCE);
      this.#make = source;
    }
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** True for a tensor that is made on first use. */
  get lazy(): boolean {
    return this.#make !== undefined;
  }

  /** The memory. A tensor that is made on first use is made now, and again if the scope that it was made in has closed. */
  get slice(): Slice {
    if (this.#make && !this.#disposed && (this.#slice === undefined || this.#slice.freed !== undefined)) this.#slice = this.#make();
    return this.#slice!;
  }

  /** Why the tensor may no longer be used, or undefined while it may. */
  get freed(): string | undefined {
    if (this.#disposed) return "was disposed";
    return this.#make ? undefined : this.#slice!.freed;
  }

  /** The values, in row-major order: Float32Array (of f16 too), or Float64Array on an f64 device; Uint32Array and Uint8Array for those dtypes. */
  async read(): Promise<TypedArray> {
    if (this.freed !== undefined) throw new TypeError(`read: the tensor ${this.freed}`);
    return this.device.read(this.slice);
  }

  /** Frees the memory now. Inside of a scope nothing needs to be disposed by hand. */
  dispose(): void {
    this.#disposed = true;
    if (this.#slice && this.#slice.freed === undefined) this.device.free(this.#slice, "was disposed");
  }

  /** Its dtype, shape and device. */
  toString(): string {
    return `Tensor(${this.dtype} ${show(this.shape)} on ${this.device.name})`;
  }
}

/** An uninitialised tensor, for a kernel to write. */
export function empty(device: Device, shape: Shape, dtype: DType = "f32", options?: TensorOptions): Tensor {
  checkValue("empty", "device", device, DEVICE);
  checkShape("empty", shape);
  return new Tensor(device, dtype, shape, device.alloc(dtype, sizeOf(shape)), options);
}

type Data = Numbers | number;

/** A tensor of the given values, in row-major order. Without a shape: a scalar for a number, else a vector. */
export function tensor(device: Device, data: Data, shape?: Shape, dtype: DType = "f32"): Tensor {
  checkValue("tensor", "device", device, DEVICE);
  const values = numbersOf("tensor", "data", typeof data === "number" ? [data] : data);
  const dims = shape ?? (typeof data === "number" ? [] : [values.length]);
  checkShape("tensor", dims);
  if (values.length !== sizeOf(dims)) {
    throw new RangeError(`tensor: shape ${show(dims)} holds ${sizeOf(dims)} values, got ${values.length}`);
  }
  const result = empty(device, dims, dtype, dtype === "u32" ? { greatest: greatestOf(values) } : {});
  device.write(result.slice, values);
  return result;
}

/** The greatest of whole numbers, undefined if there is none; throws for what is no whole number that u32 can hold. */
function greatestOf(values: ArrayLike<number>): Greatest | undefined {
  let greatest: Greatest | undefined;
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32)) {
      throw new RangeError(`tensor: u32 holds whole numbers from 0 to 2^32 − 1, found ${value} at ${at}`);
    }
    if (greatest === undefined || value > greatest.value) greatest = { value, at };
  }
  return greatest;
}

/** The same values under another shape; shares the memory. No graph: the op is `reshape`. */
export function alias(t: Tensor, shape: Shape, options: TensorOptions = {}): Tensor {
  const source = t.lazy ? (): Slice => t.slice : t.slice;
  return new Tensor(t.device, t.dtype, shape, source, { ...options, greatest: t.greatest, ...(t.uniform !== undefined && { uniform: t.uniform }) });
}

/** Throws if one of the indices or labels, as far as the host knows them, is not below `count`; `what` names them. */
export function checkBelow(op: string, what: string, { greatest }: Pick<Tensor, "greatest">, count: number): void {
  if (greatest === undefined || greatest.value < count) return;
  throw new RangeError(`${op}: ${what} are 0 to ${count - 1}, found ${greatest.value} at row ${greatest.at}`);
}

/** Throws unless it is a usable tensor, of whatever dtype. */
export function checkAny(op: string, name: string, t: Tensor): void {
  if (!(t instanceof Tensor)) throw new TypeError(`${op}: ${name} is a tensor, got ${typeof t}`);
  if (t.freed !== undefined) throw new TypeError(`${op}: ${name} ${t.freed}`);
}

/** Throws unless both devices are one; `what` lives on them. */
export function checkSameDevice(op: string, a: Device, b: Device, what = "tensors"): void {
  if (a !== b) throw new TypeError(`${op}: ${what} are on different devices (${a.name} and ${b.name})`);
}

/** Throws unless all named tensors are usable, on one device, and of a wanted dtype: the first check of every op. */
export function check(op: string, tensors: Readonly<Record<string, Tensor>>, ...dtypes: readonly DType[]): Device {
  const wanted = dtypes.length > 0 ? dtypes : ["f32"];
  let first: Tensor | undefined;
  for (const [name, t] of Object.entries(tensors)) {
    checkAny(op, name, t);
    if (!wanted.includes(t.dtype)) throw new TypeError(`${op}: ${name} is ${wanted.join(" or ")}, got ${t.dtype}`);
    first ??= t;
    checkSameDevice(op, first.device, t.device);
  }
  return first!.device;
}
