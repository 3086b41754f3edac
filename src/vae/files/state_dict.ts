/** Parameters by the names and in the layout of a PyTorch `state_dict`. */
import { checkValue, MAP } from "../../check.ts";
import { MODEL } from "../check_data.ts";
import type { Slice } from "../../device/device.ts";
import type { StoredTensor } from "../../formats/safetensors.ts";
import type { TypedArray } from "../../kernel.ts";
import type { Vae } from "../vae.ts";
import { checkTensors, type TensorSource } from "./check_tensors.ts";
import { eachElement, type Part, partsOf } from "./stored_parts.ts";

function partsOfModel(vae: Vae): Part[] {
  return [...vae.parameters.tensors].flatMap(([name, { shape, slice }]) => partsOf(name, shape, slice.offset));
}

/**
 * What a flat buffer of the model's layout holds, by name: the parameters themselves by default, or an optimizer's moments. Names:
 * `encoder.0.weight`, …, `mean.weight`, `logVar.weight`, `decoder.0.weight`, …, `output.bias`, and those of likelihood and prior. Weights are [out, in].
 */
export async function stateDict(vae: Vae, flat?: Slice): Promise<Map<string, StoredTensor<Float32Array | Float64Array>>> {
  checkValue("stateDict", "vae", vae, MODEL);
  const values = await vae.device.read(flat ?? vae.parameters.value);
  const stored = (part: Part): StoredTensor<Float32Array | Float64Array> => {
    const data = values instanceof Float64Array ? new Float64Array(part.count * part.rows) : new Float32Array(part.count * part.rows);
    eachElement(part, (inFile, inMemory) => (data[inFile] = values[inMemory]!));
    return { shape: part.shape, data };
  };
  return new Map(partsOfModel(vae).map((part) => [part.name, stored(part)]));
}

/**
 * Gives a model the parameters that `stateDict` took from one of the same configuration, on this device or another; tensors of other names are passed
 * over. All or nothing: RangeError where one is missing, is of another shape, is not finite, or is a parameter that the model does not have, TypeError
 * where one does not hold floating-point numbers, and the model is what it was.
 */
export function restoreStateDict(vae: Vae, tensors: ReadonlyMap<string, StoredTensor>): void {
  checkValue("restoreStateDict", "vae", vae, MODEL);
  checkValue("restoreStateDict", "tensors", tensors, MAP);
  const source = { tensors, op: "restoreStateDict", from: "the map", givenBy: "caller" } as const;
  checkSource(vae, source);
  fillFrom(vae, source);
}

/** Throws unless the source has all parameters of the model: see `checkTensors`. */
export function checkSource(vae: Vae, source: TensorSource): void {
  const named = Array.from(vae.parameters.tensors, ([name, { shape }]) => ({ name, shape }));
  checkTensors(named, source, vae.device.info);
}

/** Fills a flat buffer of the model's layout from a source that has been checked. */
export function fillFrom(vae: Vae, { tensors, prefix = "" }: TensorSource, flat: Slice = vae.parameters.value): void {
  const values: TypedArray = vae.device.info.precision === "f64" ? new Float64Array(flat.length) : new Float32Array(flat.length);
  for (const part of partsOfModel(vae)) {
    const data = tensors.get(prefix + part.name)!.data as Float32Array | Float64Array;
    eachElement(part, (inFile, inMemory) => (values[inMemory] = data[inFile]!));
  }
  vae.device.write(flat, values);
}
