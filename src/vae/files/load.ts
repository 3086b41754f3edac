/** Opening a model file. */
import { bytesOf, checkOptions, type Checks, checkValue, DEVICE, OBJECT, TEXT } from "../../check.ts";
import type { Scaling } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import { readSafetensors, type StoredTensor } from "../../formats/safetensors.ts";
import type { ActivationName } from "../../ops/activation.ts";
import type { Likelihood } from "../likelihoods/likelihood.ts";
import type { OptionsReaders } from "../options.ts";
import type { Prior } from "../priors/prior.ts";
import { Vae } from "../vae.ts";
import { checkHeader, metadataJson } from "./header.ts";
import { LIKELIHOOD, PRIOR, readersOf, readNamed, unusable } from "./named.ts";
import { FORMAT_VERSION, type ModelAbout, type StoredConfig } from "./save.ts";
import { restoreStateDict } from "./state_dict.ts";

/** What `load` cannot know of a file. */
export interface LoadOptions {
  /** What the bytes are called in errors; default "model". */
  readonly file?: string;
  /**
   * Likelihoods of one's own, beside the library's and before them: under the name that files know one by, the function that makes it of its options
   * as they stand there, parsed JSON. What the function throws says that a file cannot be used.
   */
  readonly likelihoods?: OptionsReaders<Likelihood>;
  /** Priors of one's own, in the same way. */
  readonly priors?: OptionsReaders<Prior>;
}

const OPTIONS: Checks<keyof LoadOptions> = { file: TEXT, likelihoods: OBJECT, priors: OBJECT };

/**
 * The model in the bytes that `save` wrote: the same bits on every device. A likelihood or a prior that is not the library's is passed by its name:
 * `load(device, bytes, { likelihoods: { poisson } })`. FormatError where the bytes are no model, or of a likelihood or prior that nobody has passed.
 */
export function load(device: Device, given: Uint8Array | ArrayBuffer, options: LoadOptions = {}): { vae: Vae; about: ModelAbout } {
  checkValue("load", "device", device, DEVICE);
  const bytes = bytesOf("load", given);
  checkOptions("load", options, OPTIONS);
  const { file = "model", likelihoods, priors } = options;
  const readers: Readers = { likelihoods: readersOf(LIKELIHOOD, likelihoods), priors: readersOf(PRIOR, priors) };
  const { tensors, metadata } = readSafetensors(bytes, file);
  checkHeader(metadata, "elbograd model", FORMAT_VERSION, file);
  const config = metadataJson<StoredConfig>(metadata, "config", file, fitsConfig);
  const about = aboutOf(
    tensors,
    metadataJson<StoredAbout>(metadata, "about", file, () => true),
  );
  const vae = modelOf(device, config, readers, file);
  try {
    restoreStateDict(vae, tensors, file);
  } catch (error) {
    vae.dispose();
    throw error;
  }
  return { vae, about };
}

type Readers = Required<Pick<LoadOptions, "likelihoods" | "priors">>;

function modelOf(device: Device, config: StoredConfig, { likelihoods, priors }: Readers, file: string): Vae {
  const { likelihood, likelihoodOptions = {}, prior, priorOptions = {}, activation, decoderActivation, ...sizes } = config;
  const named = {
    likelihood: readNamed(LIKELIHOOD, likelihoods, likelihood, likelihoodOptions, file),
    ...(prior !== undefined && { prior: readNamed(PRIOR, priors, prior, priorOptions, file) }),
  };
  try {
    return new Vae(device, {
      ...sizes,
      ...named,
      activation: activation as ActivationName,
      decoderActivation: decoderActivation as ActivationName,
    });
  } catch (error) {
    throw unusable(file, error);
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
