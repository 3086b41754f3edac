/** A prior p(z): what latents are scored against and drawn from. */
import { type Check, thing } from "../../check.ts";
import type { Device } from "../../device/device.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import type { Key } from "../../random.ts";
import type { Tensor } from "../../tensor.ts";
import type { OwnTensors } from "../likelihoods/likelihood.ts";
import type { JsonObject } from "../options.ts";

/** What a prior was made with: plain JSON, for files. */
export type PriorOptions = JsonObject;

/** What a prior may use of its model. */
export interface PriorModel {
  readonly device: Device;
  /** L. */
  readonly latent: number;
  /** Its own parameters by name; there may be others among them. */
  readonly own: OwnTensors;
  /** Means and log-variances [K, 2L] of q(z|x) for x [K, D]. */
  encode(x: Tensor): Tensor;
}

/** p(z) as a record: a log-density and draws. Its name and its options go into a model's file, as a likelihood's do. */
export interface Prior {
  /** What files know it by. */
  readonly name: string;
  readonly options: PriorOptions;
  /** True for N(0, I), to which the KL has a formula; for others it is taken at samples. Default false. */
  readonly standard?: boolean;
  /** True where it needs the encoder; default false. */
  readonly encodes?: boolean;
  /** What it learns, by names that begin with `prior.`, for L latents and D data columns. */
  parameters?(L: number, D: number, key: Key): readonly ParameterSpec[];
  /** log p(z) in nats, [rows], for z [rows, L]. */
  logProb(z: Tensor, model: PriorModel): Tensor;
  /** Draws of z, [count, L]: a constant, which the caller disposes of. */
  sample(count: number, key: Key, model: PriorModel): Promise<Tensor>;
}

/** What takes a prior takes this. */
export const PRIOR: Check = thing("a prior", ["logProb", "sample"], "standardNormal(), mixture({ components }) and their kin");
