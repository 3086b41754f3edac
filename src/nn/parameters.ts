/** Parameters live in one flat buffer, so that an optimizer is one launch over all of them; gradients in a second one of the same layout. */
import { ANY, type Check, checkOptions, checkValue, DEVICE, type Numbers, numbersOf, TEXT, thing } from "../check.ts";
import type { Device, Slice } from "../device/device.ts";
import { fill } from "../fill.ts";

import { checkShape, type Shape, show, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";

/** A parameter and its first values, in row-major order. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  /** Asked for once, when the parameter is made: a getter may draw them then. */
  readonly values: Numbers;
}

/** A parameter whose first values are drawn when they are asked for: its shape can be known at no cost. */
export function lazySpec(name: string, shape: Shape, draw: () => Numbers): ParameterSpec {
  return {
    name,
    shape,
    get values() {
      return draw();
    },
  };
}

/** What optimizers and clipping work on. */
export const PARAMETERS: Check = thing("the parameters of a model", ["gradient", "state"], "vae.parameters, or new Parameters(device, specs)");

/** All parameters of a model: named tensors that are slices of one flat buffer, and their gradients of another. */
export class Parameters {
  readonly device: Device;
  /** The flat buffer of values, of `length` elements: the named tensors with padding between them, which stays zero. */
  readonly value: Slice;
  readonly gradient: Slice;
  readonly length: number;
  /** The named tensors, in order. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The slices of the flat gradient, in the same order: pass them to `grad` as `into`. */
  readonly gradients: readonly Tensor[];
  readonly #frozen: ReadonlyMap<string, Tensor>;
  readonly #states = new Map<string, Slice>();

  constructor(device: Device, given: Iterable<ParameterSpec>) {
    checkValue("parameters", "device", device, DEVICE);
    checkValue("parameters", "specs", given, SPECS);
    // first values that are drawn when they are asked for are asked for once
    const specs = Array.from(given, (spec) => ({ ...spec }));
    checkSpecs(specs);
    this.device = device;
    const elementBytes = device.info.precision === "f64" ? 8 : 4;
    const step = Math.max(1, device.alignment / elementBytes);
    const offsets: number[] = [];
    let length = 0;
    for (const { shape } of specs) {
      offsets.push(length);
      length += Math.ceil(sizeOf(shape) / step) * step;
    }
    this.length = length;
    this.value = this.#flat();
    this.gradient = this.#flat();
    const tensorsOf = (flat: Slice, tracked: boolean): Tensor[] =>
      specs.map(({ shape }, i) => new Tensor(device, "f32", shape, flat.view(offsets[i]!, sizeOf(shape)), { tracked }));
    const named = (tensors: readonly Tensor[]): Map<string, Tensor> => new Map(specs.map(({ name }, i) => [name, tensors[i]!]));
    this.tensors = named(tensorsOf(this.value, true));
    this.gradients = tensorsOf(this.gradient, false);
    this.#frozen = named(tensorsOf(this.value, false));
    for (const { name, values } of specs) device.write(this.tensors.get(name)!.slice, values);
  }

  /** The same values as constants: nothing computed from them is recorded, for evaluation and sampling. */
  frozen(): ReadonlyMap<string, Tensor> {
    return this.#frozen;
  }

  /** A further flat buffer of the same layout that starts at zero, made once for each name: an optimizer's moments. */
  state(name: string): Slice {
    if (this.value.freed !== undefined) throw new TypeError(`parameters: the buffer "${name}" ${this.value.freed}`);
    let state = this.#states.get(name);
    if (state === undefined) this.#states.set(name, (state = this.#flat()));
    return state;
  }

  /** Frees all buffers. */
  dispose(): void {
    for (const slice of [this.value, this.gradient, ...this.#states.values()]) this.device.free(slice, "was freed with its parameters");
  }

  #flat(): Slice {
    const slice = this.device.alloc("f32", this.length, "unscoped");
    this.device.run(fill, [], [slice], { n: this.length, value: 0 });
    return slice;
  }
}

const SPECS: Check = [
  "are objects { name, shape, values }",
  (value) => Object(value) === value && Symbol.iterator in (value as object),
  undefined,
  "in an array",
];
const SPEC = { name: TEXT, shape: ANY, values: ANY };

function checkSpecs(specs: readonly ParameterSpec[]): void {
  const names = new Set<string>();
  for (const spec of specs) {
    checkOptions("parameters", spec, SPEC, ["name"]);
    const { name, shape } = spec;
    checkShape(`parameters: ${name}`, shape);
    if (names.has(name)) throw new RangeError(`parameters: names differ, got "${name}" twice`);
    names.add(name);
    const values = numbersOf("parameters", name, spec.values);
    if (values.length !== sizeOf(shape)) {
      throw new RangeError(`parameters: ${name} of shape ${show(shape)} holds ${sizeOf(shape)} values, got ${values.length}`);
    }
  }
}
