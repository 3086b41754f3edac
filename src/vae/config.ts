/** What a model is made of, and what its passes take and give: the contract that its parts share. */
import type { TypedArray } from "../kernel.ts";
import type { Initializer } from "../nn/init.ts";
import type { ActivationName } from "../ops/activation.ts";
import type { Tensor } from "../tensor.ts";
import type { WorkOptions } from "../turns.ts";
import type { LabelOptions } from "./labels.ts";
import type { Likelihood } from "./likelihoods/likelihood.ts";
import type { Prior } from "./priors/prior.ts";

/** The sizes of a model, and what its data is made of. */
export interface VaeConfig {
  /** Data columns D. */
  readonly input: number;
  /** Hidden sizes of the encoder, in order; may be empty. */
  readonly hidden: readonly number[];
  /** Latent size L. */
  readonly latent: number;
  readonly likelihood: Likelihood;
  /** C: a conditional model p(x|z, c), q(z|x, c) of labels 0 … C − 1, which come with the data (Sohn et al. 2015). Needs a hidden layer on either side. */
  readonly classes?: number;
  /** p(z); default `standardNormal()`. */
  readonly prior?: Prior;
  /** Of the first weights. */
  readonly seed: number;
  /** Default "relu". */
  readonly activation?: ActivationName;
  /** Hidden sizes of the decoder; default the encoder's in reverse. */
  readonly decoderHidden?: readonly number[];
  /** Default the encoder's. */
  readonly decoderActivation?: ActivationName;
  /** Default PyTorch's rule for Linear. */
  readonly init?: Initializer;
}

/** How latents are decoded: with which labels, until when; progress is in rows. */
export interface DecodeOptions extends LabelOptions, WorkOptions {}

/** Whether samples of p(x|z) are its means, or draws of it. */
export interface SampleOptions extends DecodeOptions {
  /** Default "mean". */
  readonly draw?: "mean" | "sample";
}

/** The parameters of q(z|x) = N(mean, exp(logVar)), rows·L values each. */
export interface Posterior {
  readonly mean: TypedArray;
  readonly logVar: TypedArray;
}

/** The tensors that a pass uses: `parameters.tensors` to train, `parameters.frozen()` otherwise. */
export type Weights = ReadonlyMap<string, Tensor>;
