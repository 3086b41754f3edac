/** Opening a model file. */
import { bytesOf, checkOptions, type Checks, checkValue, DEVICE, OBJECT, TEXT } from "../../check.ts";
import type { Scaling } from "../../data/scaling.ts";
import type { Device } from "../../device/device.ts";
import { FormatError } from "../../formats/format_error.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import type { VaeConfig } from "../config.ts";
import { checkConfig, parameterSpecs } from "../parameter_specs.ts";
import { readSafetensors, type StoredTensor } from "../../formats/safetensors.ts";
import type { ActivationName } from "../../ops/activation.ts";
import type { Likelihood } from "../likelihoods/likelihood.ts";
import type { OptionsReaders } from "../options.ts";
import type { Prior } from "../priors/prior.ts";
import { Vae } from "../vae.ts";
import { checkAbout, type ModelAbout } from "./about.ts";
import { checkTensors, isFloats, type TensorSource } from "./check_tensors.ts";
import { checkHeader, metadataJson } from "./header.ts";
import { LIKELIHOOD, PRIOR, readersOf, readNamed, unusable } from "./named.ts";
import { FORMAT_VERSION, type StoredConfig } from "./save.ts";
import { fillFrom } from "./state_dict.ts";

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
  const config = configOf(metadataJson<StoredConfig>(metadata, "config", file, fitsConfig), readers, file);
  const source: TensorSource = { tensors, op: "load", from: file, givenBy: "file" };
  // Before anything is allocated: a small file may claim a model of any size.
  checkTensors(specsOf(config, file), source, device.info);
  const about = aboutOf(
    tensors,
    metadataJson<StoredAbout>(metadata, "about", file, () => true),
    config,
    file,
  );
  const vae = new Vae(device, config);
  try {
    fillFrom(vae, source);
  } catch (error) {
    vae.dispose();
    throw error;
  }
  return { vae, about };
}

type Readers = Required<Pick<LoadOptions, "likelihoods" | "priors">>;

/** The configuration in a file, of which a model can be made. */
function configOf(stored: StoredConfig, { likelihoods, priors }: Readers, file: string): VaeConfig {
  const { input, hidden, latent, decoderHidden, seed, classes, likelihood, likelihoodOptions = {}, prior, priorOptions = {} } = stored;
  const config: VaeConfig = {
    ...{ input, hidden, latent, decoderHidden, seed },
    ...(classes !== undefined && { classes }),
    activation: stored.activation as ActivationName,
    decoderActivation: stored.decoderActivation as ActivationName,
    likelihood: readNamed(LIKELIHOOD, likelihoods, likelihood, likelihoodOptions, file),
    ...(prior !== undefined && { prior: readNamed(PRIOR, priors, prior, priorOptions, file) }),
  };
  try {
    checkConfig(config);
    return config;
  } catch (error) {
    throw unusable(file, error);
  }
}

/** The parameters that the configuration asks for. */
function* specsOf(config: VaeConfig, file: string): Generator<ParameterSpec> {
  const specs = parameterSpecs(config);
  for (;;) {
    let next: IteratorResult<ParameterSpec>;
    try {
      next = specs.next();
    } catch (error) {
      throw unusable(file, error);
    }
    if (next.done) return;
    yield next.value;
  }
}

/** The kinds of the fields; their values are checked as those of any other configuration. */
function fitsConfig({ hidden, decoderHidden, activation, decoderActivation, likelihood, prior = "" }: Partial<StoredConfig>): boolean {
  const texts = [activation, decoderActivation, likelihood, prior].every((value) => typeof value === "string");
  return texts && Array.isArray(hidden) && Array.isArray(decoderHidden);
}

type StoredAbout = Omit<ModelAbout, "scaling"> & { readonly scaling?: unknown };

function aboutOf(tensors: ReadonlyMap<string, StoredTensor>, { scaling: kind, ...rest }: StoredAbout, config: VaeConfig, file: string): ModelAbout {
  const [scale, shift] = ["scaling.scale", "scaling.shift"].map((name) => {
    const data = tensors.get(name)?.data;
    return isFloats(data) ? Array.from(data) : undefined;
  });
  const scaled = kind !== undefined || scale || shift;
  const about = { ...rest, ...(scaled && { scaling: { kind, scale, shift } as Scaling }) };
  checkAbout(about, config, (_, rule) => {
    throw new FormatError(`load: in ${file}, ${rule}`);
  });
  return about;
}
