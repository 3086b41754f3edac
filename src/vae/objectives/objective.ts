/** What training minimises, as a record: its graph, and the few numbers of it that change from step to step. */
import { MODEL } from "../check_data.ts";
import { ANY, type Check, checkOptions, type Checks, checkValue, MAP, OBJECT, thing } from "../../check.ts";
import type { KeyWords, Scalar } from "../../kernel.ts";
import type { ScheduleTime } from "../../nn/schedules.ts";
import type { RowWeights } from "../../ops/elbo_sums.ts";
import { asRows, type BatchRows } from "../../ops/rows.ts";
import { Tensor } from "../../tensor.ts";
import type { Weights } from "../config.ts";
import type { Vae } from "../vae.ts";

/** What a pass over a batch is told besides the data. */
export interface Pass {
  /** What the reparameterization trick draws from: a key, or noise [S·B, L]. */
  readonly noise: KeyWords | Tensor;
  /** The numbers of `at`, or the words of the step row that hold them; default those of the first step with a beta of 1. */
  readonly scalars?: Readonly<Record<string, Scalar>>;
  /** Default the trained parameters; `vae.parameters.frozen()` records no graph. */
  readonly parameters?: Weights;
}

/** S samples of example i are rows s·B + i. */
export interface Loss {
  /** The scalar to differentiate, in nats per example. Its value may be computed when it is read. */
  readonly objective: Tensor;
  /** −log p(x|z) in nats, [S·B]. */
  readonly reconstruction: Tensor;
  /** KL(q(z|x) ‖ p(z)) in nats, [B]. */
  readonly kl: Tensor;
  /** The factors of Σ reconstruction and Σ kl where the objective is their sum: what sums them for the report then has its value as well. */
  readonly weights?: RowWeights;
  /** −log((1/S)·Σs w) in nats, [B], where the samples are weighted by importance. */
  readonly negBound?: Tensor;
}

/** What training minimises: its graph, and the numbers of it that change from step to step. */
export interface Objective {
  readonly name: string;
  /** S, samples of z for each example. */
  readonly samples: number;
  /** Whether samples are weighted against each other: reports then have `negBound`, and there is no beta, because the bound has no KL to weigh. */
  readonly importance: boolean;
  /** What it was made with, as plain JSON: a resumed run must have the same. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The numbers of a step on B rows, computed in f64: words of its step row. */
  at(rows: number, beta: number, time: ScheduleTime): Readonly<Record<string, number>>;
  /** The loss of x [B, D] or a batch. */
  loss(vae: Vae, x: Tensor | BatchRows, pass: Pass): Loss;
}

/** A pass of which nothing is left out. */
export type FullPass<W extends string> = Required<Pass> & { readonly scalars: Readonly<Record<W, Scalar>> };

/** An objective by its parts; W names its numbers. */
interface Parts<W extends string> extends Pick<Objective, "name" | "samples" | "importance" | "options"> {
  at(rows: number, beta: number, time: ScheduleTime): Readonly<Record<W, number>>;
  loss(vae: Vae, x: Tensor | BatchRows, pass: FullPass<W>): Loss;
}

const START: ScheduleTime = { step: 0, steps: 1, stepsPerEpoch: 1 };

/** What takes an objective takes this. */
export const OBJECTIVE: Check = thing("an objective", ["at", "loss", "samples"], "elboObjective(), iwaeObjective({ samples }) and their kin");

const PASS: Checks<keyof Pass> = { noise: ANY, scalars: OBJECT, parameters: MAP };

/** Fills in what a pass leaves out. */
export function defineObjective<W extends string>(parts: Parts<W>): Objective {
  const { name } = parts;
  return {
    ...parts,
    loss(vae, x, pass) {
      checkValue(name, "vae", vae, MODEL);
      asRows(name, "x", x);
      checkOptions(name, pass, PASS);
      const { noise, scalars, parameters = vae.parameters.tensors } = pass;
      const rows = x instanceof Tensor ? x.shape[0] : x.rows;
      if (!rows) throw new RangeError(`${name}: x has at least one row, got none`);
      return parts.loss(vae, x, { noise, parameters, scalars: (scalars as Record<W, Scalar>) ?? parts.at(rows, 1, START) });
    },
  };
}
