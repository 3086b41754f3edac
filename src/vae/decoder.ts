/** The decoder of a model alone: p(x|z) with weights of its own, which may be in f16. */
import { checkOptions, type Checks, type Numbers, oneOf } from "../check.ts";
import type { DType, TypedArray } from "../kernel.ts";
import type { Parameters } from "../nn/parameters.ts";
import type { Key } from "../random.ts";
import { show } from "../shape.ts";
import { empty, type Tensor } from "../tensor.ts";
import type { DecodeOptions, SampleOptions, Weights } from "./config.ts";
import type { Prior } from "./priors/prior.ts";

/** How a decoder keeps its weights. */
export interface DecoderOptions {
  /**
   * "f16" keeps the weight matrices in half the memory on webgpu, whatever the adapter; all else, and every sum, stays f32. A weight is then off by at
   * most 2^-11 of itself, below 2^-14 by at most 2^-25 (a GPU that flushes such numbers makes them 0), and so a layer's sum by at most
   * Σ |h|·max(2^-11·|W|, 2^-25). cpu and wasm round to the same numbers and save nothing. Default "f32".
   */
  readonly precision?: "f32" | "f16";
}

/** What of a model its decoder is: the passes that take weights other than its own. */
interface Decodes {
  readonly parameters: Pick<Parameters, "frozen">;
  readonly prior: Prior;
  readonly constants: ReadonlyMap<string, Tensor>;
  decode(z: Tensor, weights: Weights, labels?: Tensor): Tensor;
  sample(count: number, from: Key, options: SampleOptions | undefined, weights: Weights): Promise<TypedArray>;
  decodeLatents(z: Numbers, options: DecodeOptions | undefined, weights: Weights): Promise<TypedArray>;
}

const OPTIONS: Checks<keyof DecoderOptions> = { precision: oneOf(["f32", "f16"]) };

const LARGEST_HALF = 65504;
const OF_DECODER = /^(decoder|output|likelihood|prior)\./;
const WEIGHT = /^(decoder\.\d+|output)\.weight$/;

/** p(x|z), z → x, made by `vae.decoder(options)`: what the model is later trained to, or that it is disposed of, does not change it. */
export class Decoder {
  readonly weights: Weights;
  readonly #model: Decodes;

  private constructor(model: Decodes, weights: Weights) {
    this.#model = model;
    this.weights = weights;
  }

  /** A copy of the model's decoder as it is now: `vae.decoder(options)`. */
  static async of(model: Decodes, options: DecoderOptions = {}): Promise<Decoder> {
    checkOptions("decoder", options, OPTIONS);
    const { precision = "f32" } = options;
    const parts = [...model.parameters.frozen()].filter(([name]) => model.prior.encodes || OF_DECODER.test(name));
    const values = await Promise.all(parts.map(([, part]) => part.read()));
    const dtypes = parts.map(([name]): DType => (WEIGHT.test(name) ? precision : "f32"));
    parts.forEach(([name, { shape }], i) => dtypes[i] === "f16" && checkRange(name, shape[1]!, values[i]!));
    const copies = parts.map(([name, part], i) => [name, copyOf(part, values[i]!, dtypes[i]!)] as const);
    const constants = await Promise.all([...model.constants].map(async ([name, part]) => [name, copyOf(part, await part.read(), "u32")] as const));
    return new Decoder(model, new Map([...copies, ...constants]));
  }

  /** The mean of p(x|z), [B, D], for z [B, L], and for a conditional model labels u32 [B]. */
  decode(z: Tensor, labels?: Tensor): Tensor {
    return this.#model.decode(z, this.weights, labels);
  }

  /** `count` draws, as `vae.sample` makes them. */
  sample(count: number, from: Key, options?: SampleOptions): Promise<TypedArray> {
    return this.#model.sample(count, from, options, this.weights);
  }

  /** The mean of p(x|z) for rows of L latents, row after row. */
  decodeLatents(z: Numbers, options?: DecodeOptions): Promise<TypedArray> {
    return this.#model.decodeLatents(z, options, this.weights);
  }

  /** Frees the copy. */
  dispose(): void {
    for (const tensor of this.weights.values()) tensor.dispose();
  }
}

function checkRange(name: string, columns: number, values: TypedArray): void {
  const i = values.findIndex((value) => !(Math.abs(value) <= LARGEST_HALF));
  if (i < 0) return;
  const at = `${values[i]} in ${name} ${show([values.length / columns, columns])} at row ${Math.floor(i / columns)}, column ${i % columns}`;
  throw new RangeError(`decoder: weights in f16 lie within ±${LARGEST_HALF}, got ${at} (use precision "f32")`);
}

function copyOf({ device, shape }: Tensor, values: TypedArray, dtype: DType): Tensor {
  const copy = empty(device, shape, dtype, { tracked: false });
  device.write(copy.slice, values);
  return copy;
}
