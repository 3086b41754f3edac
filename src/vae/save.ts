/** A model as one safetensors file, with the names and the layout of a PyTorch `state_dict`: W is [out, in], the two heads are apart. */
import { type StoredTensor, writeSafetensors } from "../formats/safetensors.ts";
import type { TypedArray } from "../kernel.ts";
import type { Vae } from "./vae.ts";

/** The file's version, in its metadata: readers refuse what they do not know. */
const FORMAT_VERSION = "1";

/** All parameters by their stored names: `encoder.0.weight`, …, `mean.weight`, `logVar.weight`, `decoder.0.weight`, …, `output.bias`; f32. */
export async function stateDict(vae: Vae): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of vae.parameters.tensors) {
    const values = await tensor.read();
    const [rows, columns] = tensor.shape.length === 2 ? (tensor.shape as readonly [number, number]) : [1, tensor.shape[0]!];
    const put = (as: string, first: number, count: number): void => {
      const data = transposed(values, rows, columns, first, count);
      stored.set(as, { shape: tensor.shape.length === 2 ? [count, rows] : [count], data });
    };
    if (!name.startsWith("heads.")) put(name, 0, columns);
    else {
      put(name.replace("heads", "mean"), 0, columns / 2);
      put(name.replace("heads", "logVar"), columns / 2, columns / 2);
    }
  }
  return stored;
}

/** Columns `first` … `first + count − 1` of a row-major [rows, columns], as rows. */
function transposed(values: TypedArray, rows: number, columns: number, first: number, count: number): Float32Array {
  const out = new Float32Array(count * rows);
  for (let j = 0; j < count; j++) for (let i = 0; i < rows; i++) out[j * rows + i] = values[i * columns + first + j]!;
  return out;
}

/** The bytes of a safetensors file: the weights, and the configuration in its metadata. */
export async function save(vae: Vae): Promise<Uint8Array> {
  const { input, hidden, latent, likelihood, activation = "relu", decoderActivation = activation, seed } = vae.config;
  const config = { input, hidden, latent, decoderHidden: vae.decoderHidden, activation, decoderActivation, likelihood: likelihood.name, seed };
  const metadata = new Map([
    ["format", "elbograd"],
    ["version", FORMAT_VERSION],
    ["config", JSON.stringify(config)],
  ]);
  return writeSafetensors(await stateDict(vae), metadata);
}
