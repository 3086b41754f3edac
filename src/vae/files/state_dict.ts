/** Parameters by the names and in the layout of a PyTorch `state_dict`: a `.weight` of rank 2 is [out, in], the two heads are apart, the rest is as it is. */
import { checkValue } from "../../check.ts";
import { MODEL } from "../check_data.ts";
import type { Slice } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import type { StoredTensor } from "../../formats/safetensors.ts";
import type { TypedArray } from "../../kernel.ts";
import { sameShape, type Shape, show, sizeOf } from "../../shape.ts";
import type { Vae } from "../vae.ts";

/** A stored tensor's place in memory: columns `first` … `first + count − 1` of the rows of a parameter. */
interface Part {
  readonly name: string;
  /** As stored: [out, in] of a weight, [out] of a bias. */
  readonly shape: Shape;
  /** Elements of the flat buffer before the parameter, and of one of its rows. */
  readonly offset: number;
  readonly columns: number;
  readonly rows: number;
  readonly first: number;
  readonly count: number;
}

function partsOf(vae: Vae): Part[] {
  return [...vae.parameters.tensors].flatMap(([name, { shape, slice }]) => {
    const weight = name.endsWith(".weight") && shape.length === 2;
    const [rows, columns] = weight ? (shape as readonly [number, number]) : [1, sizeOf(shape)];
    const part = (as: string, first: number, count: number): Part => {
      return { name: as, shape: weight ? [count, rows] : [count], offset: slice.offset, columns, rows, first, count };
    };
    if (!name.startsWith("heads.")) return [weight ? part(name, 0, columns) : { ...part(name, 0, columns), shape }];
    const latent = columns / 2;
    return [part(name.replace("heads", "mean"), 0, latent), part(name.replace("heads", "logVar"), latent, latent)];
  });
}

/**
 * What a flat buffer of the model's layout holds, by name: the parameters themselves by default, or an optimizer's moments. Names:
 * `encoder.0.weight`, …, `mean.weight`, `logVar.weight`, `decoder.0.weight`, …, `output.bias`, and those of likelihood and prior.
 */
export async function stateDict(vae: Vae, flat?: Slice): Promise<Map<string, StoredTensor>> {
  checkValue("stateDict", "vae", vae, MODEL);
  const values = await vae.device.read(flat ?? vae.parameters.value);
  const stored = (part: Part): StoredTensor => {
    const data = values instanceof Float64Array ? new Float64Array(part.count * part.rows) : new Float32Array(part.count * part.rows);
    eachElement(part, (inFile, inMemory) => (data[inFile] = values[inMemory]!));
    return { shape: part.shape, data };
  };
  return new Map(partsOf(vae).map((part) => [part.name, stored(part)]));
}

/** Fills a flat buffer of the model's layout from named tensors, `prefix` before each name; FormatError where one is missing or of another shape. */
export function restoreStateDict(
  vae: Vae,
  tensors: ReadonlyMap<string, StoredTensor>,
  file: string,
  prefix = "",
  flat: Slice = vae.parameters.value,
): void {
  const values: TypedArray = vae.device.info.precision === "f64" ? new Float64Array(flat.length) : new Float32Array(flat.length);
  for (const part of partsOf(vae)) {
    const name = prefix + part.name;
    const stored = tensors.get(name);
    if (!stored) throw new FormatError(`load: ${file} has no tensor "${name}" (it is of another model, or not complete)`);
    if (!sameShape(stored.shape, part.shape)) {
      throw new FormatError(`load: "${name}" of ${file} has the model's shape ${show(part.shape)}, got ${show(stored.shape)}`);
    }
    eachElement(part, (inFile, inMemory) => (values[inMemory] = stored.data[inFile]!));
  }
  vae.device.write(flat, values);
}

/** Pairs of places: in the stored tensor, which is the transpose, and in the flat buffer. */
function eachElement({ offset, columns, rows, first, count }: Part, visit: (inFile: number, inMemory: number) => void): void {
  for (let j = 0; j < count; j++) for (let i = 0; i < rows; i++) visit(j * rows + i, offset + i * columns + first + j);
}
