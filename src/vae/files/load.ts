/** Opening a model file. */
import type { Scaling } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import { readSafetensors, type StoredTensor } from "../../formats/safetensors.ts";
import type { ActivationName } from "../../ops/activation.ts";
import { likelihoodNamed } from "../likelihoods/registry.ts";
import { priorNamed } from "../priors/registry.ts";
import { Vae } from "../vae.ts";
import { checkHeader, metadataJson } from "./header.ts";
import { FORMAT_VERSION, type ModelAbout, type StoredConfig } from "./save.ts";
import { restoreStateDict } from "./state_dict.ts";

/** The model in the bytes that `save` wrote: the same bits on every device. `file` is named in errors. */
export function load(device: Device, bytes: Uint8Array, file = "model"): { vae: Vae; about: ModelAbout } {
  const { tensors, metadata } = readSafetensors(bytes, file);
  checkHeader(metadata, "elbograd model", FORMAT_VERSION, file);
  const config = metadataJson<StoredConfig>(metadata, "config", file, fitsConfig);
  const about = aboutOf(
    tensors,
    metadataJson<StoredAbout>(metadata, "about", file, () => true),
  );
  const vae = modelOf(device, config, file);
  try {
    restoreStateDict(vae, tensors, file);
  } catch (error) {
    vae.dispose();
    throw error;
  }
  return { vae, about };
}

function modelOf(device: Device, config: StoredConfig, file: string): Vae {
  const { likelihood, likelihoodOptions, prior, priorOptions, activation, decoderActivation, ...sizes } = config;
  try {
    return new Vae(device, {
      ...sizes,
      activation: activation as ActivationName,
      decoderActivation: decoderActivation as ActivationName,
      likelihood: likelihoodNamed(likelihood, likelihoodOptions),
      ...(prior !== undefined && { prior: priorNamed(prior, priorOptions) }),
    });
  } catch (error) {
    throw new FormatError(`load: the config in ${file} cannot be used (${(error as Error).message})`, { cause: error });
  }
}

/** The kinds of the fields; their values are checked as those of any other configuration. */
function fitsConfig({ hidden, decoderHidden, activation, decoderActivation, likelihood, prior = "" }: Partial<StoredConfig>): boolean {
  const texts = [activation, decoderActivation, likelihood, prior].every((value) => typeof value === "string");
  return texts && Array.isArray(hidden) && Array.isArray(decoderHidden);
}

type StoredAbout = Omit<ModelAbout, "scaling"> & { readonly scaling?: Scaling["kind"] };

function aboutOf(tensors: ReadonlyMap<string, StoredTensor>, { scaling: kind, ...rest }: StoredAbout): ModelAbout {
  const [scale, shift] = [tensors.get("scaling.scale"), tensors.get("scaling.shift")];
  if (kind === undefined || !scale || !shift) return rest;
  return { ...rest, scaling: { kind, scale: Array.from(scale.data), shift: Array.from(shift.data) } };
}
