/** What optimizers share: an update is one launch over the flat buffers, and what changes from step to step are a few numbers of the step row. */
import { AT_LEAST_ZERO, COUNT, type Check, checkOptions, type Checks, checkValue, number, thing } from "../check.ts";
import { fill } from "../fill.ts";
import type { Arguments, Constants, Kernel, Scalar } from "../kernel.ts";
import { Parameters, PARAMETERS } from "./parameters.ts";

/** An optimizer at work on parameters: it reads the flat gradient and writes the flat values. */
export interface Optimizer {
  readonly name: string;
  /** The names of the buffers (`parameters.state`) that it keeps between steps: what a checkpoint stores beside the weights. */
  readonly states: readonly string[];
  /** The learning rate where none is given. */
  readonly learningRate: number;
  /** What else it was made with, as plain JSON: a resumed run must have the same. */
  readonly options: OptimizerSettings;
  /** The numbers of step t = 1, 2, …, computed in f64: the words of its step row. */
  at(t: number, learningRate?: number): Readonly<Record<string, number>>;
  /** One step with these numbers, or the words that hold them: launches what reads the flat gradient and writes the values and the states. */
  update(scalars: Readonly<Record<string, Scalar>>): void;
}

/** The numbers of an optimizer that stay the same from step to step, by name: `{ beta1: 0.9, … }`. */
export type OptimizerSettings = Readonly<Record<string, number | boolean>>;

/** What `adam()`, `sgd()` and their kin return: an optimizer for any parameters. */
export type OptimizerFactory = (parameters: Parameters) => Optimizer;

/** An optimizer as a record: its kernel and its numbers. W names those that change from step to step. */
export interface Rule<W extends string> {
  readonly name: string;
  readonly states: readonly string[];
  readonly learningRate: number;
  /** What else it was made with: a resumed run must have the same. */
  readonly options: OptimizerSettings;
  /** Reads the gradient; writes the values, then the states. Its outputs beyond these are absent. */
  readonly kernel: Kernel;
  readonly constants?: Constants;
  /** The numbers of step t = 1, 2, …, computed in f64. */
  at(t: number, learningRate: number): Readonly<Record<W, number>>;
  /** All Params of the kernel but `n`. */
  params(scalars: Readonly<Record<W, Scalar>>): Arguments;
}

/** A rule at work on parameters. */
export class FlatOptimizer<W extends string = string> implements Optimizer {
  readonly name: string;
  readonly states: readonly string[];
  readonly learningRate: number;
  readonly options: OptimizerSettings;
  readonly #parameters: Parameters;
  readonly #rule: Rule<W>;
  #steps = 0;

  constructor(parameters: Parameters, rule: Rule<W>) {
    checkValue(rule.name, "parameters", parameters, PARAMETERS);
    this.name = rule.name;
    this.states = rule.states;
    this.learningRate = rule.learningRate;
    this.options = rule.options;
    this.#parameters = parameters;
    this.#rule = rule;
    // an optimizer starts afresh, also where another one has left its moments
    for (const state of this.states) parameters.device.run(fill, [], [parameters.state(state)], { n: parameters.length, value: 0 });
  }

  at(t: number, learningRate: number = this.learningRate): Readonly<Record<W, number>> {
    checkValue(this.name, "t", t, COUNT);
    checkValue(this.name, "learningRate", learningRate, AT_LEAST_ZERO);
    return this.#rule.at(t, learningRate);
  }

  update(scalars: Readonly<Record<W, Scalar>>): void {
    const { device, gradient, value, length } = this.#parameters;
    const { kernel, constants, params } = this.#rule;
    const written = [value, ...this.states.map((name) => this.#parameters.state(name))];
    const outputs = kernel.outputs.map((_, i) => written[i] ?? null);
    device.run(kernel, [gradient], outputs, { n: length, ...params(scalars) }, constants);
  }

  /** The next step, for a training loop of one's own: after `grad(…, { into: parameters.gradients })`. */
  step(learningRate: number = this.learningRate): void {
    this.update(this.at(this.#steps + 1, learningRate));
    this.#steps++;
  }
}

/** The factor of a moving average. */
export const DECAY: Check = number("lies in [0, 1)", (x) => x >= 0 && x < 1);

/** What a function that makes an optimizer has made. */
export const OPTIMIZER: Check = thing("an optimizer", ["at", "update", "states"], "adam(), sgd() and their kin");

/** Throws unless the options are what this optimizer takes. Parameters in their place come from a training that was passed the function itself. */
export function checkOptimizer(name: string, options: unknown, checks: Checks): void {
  if (options instanceof Parameters) throw new TypeError(`train: optimizer is what ${name}() makes, got the function ${name} (call it: ${name}())`);
  checkOptions(name, options, checks);
}
