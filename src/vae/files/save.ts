/** A model as one safetensors file: weights, configuration, and what it knows of its data. */
import { checkOptions, checkValue, numbersOf } from "../../check.ts";
import { MODEL } from "../check_data.ts";
import { writeSafetensors } from "../../formats/safetensors.ts";
import type { LikelihoodOptions } from "../likelihoods/likelihood.ts";
import type { PriorOptions } from "../priors/prior.ts";
import type { Vae } from "../vae.ts";
import { ABOUT, checkAbout, type ModelAbout } from "./about.ts";
import { stateDict } from "./state_dict.ts";

/** The file's version, in its metadata: readers refuse what they do not know. */
export const FORMAT_VERSION = "1";

/** The configuration as plain JSON, from which `load` builds the model again. */
export interface StoredConfig {
  readonly input: number;
  readonly hidden: readonly number[];
  readonly latent: number;
  readonly decoderHidden: readonly number[];
  readonly activation: string;
  readonly decoderActivation: string;
  readonly likelihood: string;
  readonly likelihoodOptions: LikelihoodOptions;
  readonly seed: number;
  readonly classes?: number;
  /** Left out for N(0, I). */
  readonly prior?: string;
  readonly priorOptions?: PriorOptions;
}

export function storedConfig(vae: Vae): StoredConfig {
  const { input, hidden, latent, likelihood, activation = "relu", decoderActivation = activation, seed, classes } = vae.config;
  const { name, options } = likelihood;
  return {
    input,
    hidden,
    latent,
    decoderHidden: vae.decoderHidden,
    activation,
    decoderActivation,
    likelihood: name,
    likelihoodOptions: options,
    seed,
    ...(classes !== undefined && { classes }),
    ...(!vae.prior.standard && { prior: vae.prior.name, priorOptions: vae.prior.options }),
  };
}

/**
 * The bytes of a safetensors file; `load` opens it, and so does PyTorch's safetensors. RangeError or TypeError where `about` does not fit the model, so that
 * `load` would refuse it.
 */
export async function save(vae: Vae, about: ModelAbout = {}): Promise<Uint8Array> {
  checkValue("save", "vae", vae, MODEL);
  checkOptions("save", about, ABOUT, [], "about is");
  checkAbout(about, vae.config, (Kind, rule) => {
    throw new Kind(`save: ${rule}`);
  });
  const { scaling, ...rest } = about;
  const tensors = await stateDict(vae);
  for (const part of scaling ? (["scale", "shift"] as const) : []) {
    const data = Float64Array.from(numbersOf("save", `scaling.${part}`, scaling![part]));
    tensors.set(`scaling.${part}`, { shape: [data.length], data });
  }
  const metadata = new Map([
    ["format", "elbograd model"],
    ["version", FORMAT_VERSION],
    ["config", JSON.stringify(storedConfig(vae))],
    ["about", JSON.stringify({ ...rest, ...(scaling && { scaling: scaling.kind }) })],
  ]);
  return writeSafetensors(tensors, metadata);
}
