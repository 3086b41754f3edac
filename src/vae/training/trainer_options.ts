/** What training is told: the contract of trainer, step and checks. */
import { AT_LEAST_ZERO, type Check, type Checks, COUNT, FLAG, FUNCTION, number, OBJECT, POSITIVE, scheduled, WHOLE } from "../../check.ts";
import type { OptimizerFactory } from "../../nn/optimizer.ts";
import type { Schedule } from "../../nn/schedules.ts";
import { type Objective, OBJECTIVE } from "../objectives/objective.ts";

/** What a training step is made of. */
export interface TrainerOptions {
  readonly batchSize: number;
  /** Of the shuffling, the noise and the binarisation, each with keys of its own: see `streams`. */
  readonly seed: number;
  /** Default `adam()`. */
  readonly optimizer?: OptimizerFactory;
  /** A number, or one for each step; default the optimizer's own. */
  readonly learningRate?: number | Schedule;
  /** The weight of the KL in the objective, a number or one for each step; default 1. */
  readonly beta?: number | Schedule;
  /** What is minimised; default `elboObjective()`. */
  readonly objective?: Objective;
  /** Limits for the gradient before an update: its global L2 norm, then the size of each element. */
  readonly clip?: { readonly norm?: number; readonly value?: number };
  /** Draws each pixel of each epoch anew from a Bernoulli distribution with its grey value. Default false. */
  readonly binarise?: boolean;
  /** Epochs of the whole run, which schedules are told; default 1. */
  readonly epochs?: number;
  /** False runs every step eagerly, launch by launch: the same bits, more slowly. Default true. */
  readonly capture?: boolean;
}

/** What each option is, but for what depends on the data. */
export const TRAINER_OPTIONS: Checks<keyof TrainerOptions> = {
  batchSize: COUNT,
  seed: WHOLE,
  optimizer: FUNCTION,
  learningRate: scheduled(POSITIVE),
  beta: scheduled(AT_LEAST_ZERO),
  objective: OBJECTIVE,
  clip: OBJECT,
  binarise: FLAG,
  epochs: COUNT,
  capture: FLAG,
};

/** A norm of ∞ clips nothing. */
const LIMIT: Check = number("is a positive number", (x) => x > 0);

export const CLIP: Checks = { norm: LIMIT, value: LIMIT };
