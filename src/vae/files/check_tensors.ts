/** Whether named tensors are those of a model, asked before anything is allocated or changed. */
import type { DeviceInfo } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import type { StoredTensor } from "../../formats/safetensors.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import { sameShape, show, sizeOf } from "../../shape.ts";
import { cut, quoted } from "../../text.ts";
import { partsOf } from "./stored_parts.ts";

/** Named tensors and whose they are, for messages: `load: model.safetensors has no tensor …`. */
export interface TensorSource {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Stands before each name. */
  readonly prefix?: string;
  readonly op: string;
  /** What the tensors came in. */
  readonly from: string;
  /** A caller is told the kind of the mistake; all that is wrong with a file is a FormatError. */
  readonly givenBy: "file" | "caller";
}

type Named = Pick<ParameterSpec, "name" | "shape">;

/**
 * Throws unless there is a tensor of the right name, shape and type for each parameter, all of them finite in the device's precision, and none that looks
 * like a parameter and is none: FormatError for those of a file, RangeError and TypeError for those of a caller. Parameters are asked for one by one.
 */
export function checkTensors(parameters: Iterable<Named>, source: TensorSource, { precision }: Pick<DeviceInfo, "precision">): void {
  const { tensors, prefix = "" } = source;
  const known = new Set<string>();
  for (const { name, shape } of parameters) {
    for (const part of partsOf(name, shape)) {
      const full = prefix + part.name;
      known.add(full);
      checkTensor(full, tensors.get(full), part, source, precision);
    }
  }
  for (const [name, { data }] of tensors) {
    if (known.has(name) || !name.startsWith(prefix) || !OF_A_MODEL.test(name.slice(prefix.length)) || !isFloats(data)) continue;
    fail(source, RangeError, `${source.from} holds the model's parameters, got another one, ${quoted(name)} (it is of another model)`);
  }
}

/** How the names of parameters begin. */
const OF_A_MODEL = /^(encoder|decoder|mean|logVar|output|likelihood|prior)\./;

function checkTensor(name: string, stored: StoredTensor | undefined, want: Named, source: TensorSource, precision: "f32" | "f64"): void {
  const { from } = source;
  if (!stored) return fail(source, RangeError, `${from} has no tensor ${quoted(name)} (it is of another model, or not complete)`);
  const { shape, data } = stored;
  if (!Array.isArray(shape) || !sameShape(shape, want.shape)) {
    fail(
      source,
      RangeError,
      `${quoted(name)} of ${from} has the model's shape ${show(want.shape)}, got ${Array.isArray(shape) ? cut(show(shape)) : "none"}`,
    );
  }
  if (!isFloats(data)) {
    return fail(
      source,
      TypeError,
      `${quoted(name)} of ${from} holds floating-point numbers, got ${typeNameOf(data)} (convert it, to F32 for example)`,
    );
  }
  if (data.length !== sizeOf(shape)) fail(source, RangeError, `${quoted(name)} of ${from} is ${show(shape)}, got ${data.length} values`);
  const round = precision === "f32" ? Math.fround : Number;
  const bad = data.findIndex((value: number) => !Number.isFinite(round(value)));
  if (bad >= 0)
    fail(source, RangeError, `${quoted(name)} of ${from} is finite in ${precision}, got ${data[bad]} at ${bad} (use a file of a run that went well)`);
}

/** The arrays that parameters are read from. */
export function isFloats(data: unknown): data is Float32Array | Float64Array {
  return data instanceof Float32Array || data instanceof Float64Array;
}

function typeNameOf(data: unknown): string {
  return Object.prototype.toString.call(data).slice("[object ".length, -1);
}

function fail({ op, givenBy }: TensorSource, kind: typeof RangeError | typeof TypeError, rule: string): never {
  throw new (givenBy === "file" ? FormatError : kind)(`${op}: ${rule}`);
}
