/** A likelihood p(x|z): how the decoder's last layer becomes a loss, and its outputs become data. */
import { type Check, thing } from "../../check.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { KeyWords } from "../../kernel.ts";
import type { ParameterSpec } from "../../nn/parameters.ts";
import type { BatchRows } from "../../ops/rows.ts";
import type { Tensor } from "../../tensor.ts";
import type { JsonObject } from "../options.ts";

/** What a likelihood was made with: plain JSON, for files. */
export type LikelihoodOptions = JsonObject;

/**
 * p(x|z) as a record: how the decoder's last layer becomes a loss, a mean and a draw. `save` writes its name and its options, and `load` makes it again
 * of them: one that is not the library's by the function that is passed under its name.
 */
export interface Likelihood {
  /** What files know it by. */
  readonly name: string;
  readonly options: LikelihoodOptions;
  /** True for probabilities of discrete values, which do not depend on units as a density does; default false. */
  readonly discrete?: boolean;
  /** The least and the greatest value that it gives probability, where there are such: 0 and 1. Its formula scores others all the same. */
  readonly support?: readonly [least: 0, greatest: 1];
  /** Whether a cell of the data may be missing, NaN: it then adds nothing to the loss. Others refuse such data. */
  readonly missing?: true;
  /** Whether numbers are to be moved within the steps of their grids while it is trained. */
  readonly jitters?: true;
  /** What the encoder takes, where that is not the data as they are; data has no gradient. */
  readonly encoder?: EncoderInput;
  /** Whole numbers that its kernels read, u32, by names that begin with `likelihood.`; given back to it in `own`. */
  constants?(D: number): ReadonlyMap<string, Uint32Array>;
  /** Outputs of the last layer for D data columns. */
  columns(D: number): number;
  /** What it learns besides the decoder, by names that begin with `likelihood.`; given back to it as `own`. */
  parameters?(D: number): readonly ParameterSpec[];
  /** Throws if the data cannot come from this distribution. */
  check(data: Dataset): void;
  /** −log p(x|h) in nats per row, [S·B]: h [S·B, H], W [H, columns], b [columns], x [B, D]; row s·B + i of h is scored on row i of x. */
  nll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, own?: OwnTensors): Tensor;
  /** The distribution's mean from the last layer's outputs, [B, D]. */
  mean(outputs: Tensor, own?: OwnTensors): Tensor;
  /** A draw of x from the last layer's outputs, [B, D]: a constant, by ops that are given `key` itself, which says where in its stream these rows are. */
  sample(outputs: Tensor, key: KeyWords, own?: OwnTensors): Tensor;
  /** Whether `sample` draws by `key.firstRow`, so that parts of the rows draw what all would; without, all rows are drawn at once. */
  readonly drawsByRow?: true;
}

/** What the encoder of a model takes of the data. */
export interface EncoderInput {
  /** E, its columns, for D data columns. */
  columns(D: number): number;
  /** [B, E], for x [B, D]. */
  encode(x: Tensor | BatchRows, own: OwnTensors): Tensor;
}

/** What takes a likelihood takes this; its name and its options are looked at by themselves. */
export const LIKELIHOOD: Check = thing("a likelihood", ["columns", "check", "nll", "mean", "sample"], "bernoulli(), gaussian() and their kin");

/** Tensors that hold a likelihood's own parameters, by name; there may be others among them. */
export type OwnTensors = ReadonlyMap<string, Tensor>;
