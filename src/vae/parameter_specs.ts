/** What a model is made of, from its configuration: checked, and with first values. */
import { type Check, checkOptions, type Checks, checkValue, COUNT, FUNCTION, TEXT, thing, WHOLE } from "../check.ts";
import { quoted } from "../text.ts";
import { linear } from "../nn/init.ts";
import type { ParameterSpec } from "../nn/parameters.ts";
import { activation } from "../ops/activation.ts";
import { streams } from "../streams.ts";
import type { VaeConfig } from "./config.ts";
import { LIKELIHOOD } from "./likelihoods/likelihood.ts";
import { checkStorable } from "./options.ts";
import { PRIOR } from "./priors/prior.ts";

const SIZES: Check = ["is an array of layer sizes", Array.isArray, undefined, "[400], for one layer of 400"];

const CONFIG: Checks<keyof VaeConfig> = {
  input: COUNT,
  hidden: SIZES,
  latent: COUNT,
  likelihood: LIKELIHOOD,
  classes: COUNT,
  prior: PRIOR,
  seed: WHOLE,
  activation: TEXT,
  decoderHidden: SIZES,
  decoderActivation: TEXT,
  init: FUNCTION,
};

/** Throws at the first thing that no model can have, or no file could hold. */
export function checkConfig(config: VaeConfig): void {
  checkOptions("vae", config, CONFIG, ["input", "hidden", "latent", "likelihood", "seed"]);
  const { input, hidden, latent, decoderHidden = [], likelihood, prior, classes, activation: f, decoderActivation: g } = config;
  for (const n of [input, ...hidden, latent, ...decoderHidden]) checkValue("vae", "the size of a layer", n, COUNT);
  for (const name of [f, g]) if (name !== undefined) activation("vae", name);
  checkStorable("likelihood", likelihood);
  if (prior) checkStorable("prior", prior);
  if (classes === undefined) return;
  if (hidden.length === 0 || decoderHiddenOf(config).length === 0) {
    throw new RangeError(`vae: hidden layers take the condition, got classes ${classes} and none of them in encoder or decoder (add one)`);
  }
  if (config.prior?.encodes)
    throw new RangeError(`vae: pseudo-inputs have no labels, got ${config.prior.name} with classes ${classes} (use mixture())`);
}

/** Hidden sizes of the decoder. */
export function decoderHiddenOf({ hidden, decoderHidden }: VaeConfig): readonly number[] {
  return decoderHidden ?? [...hidden].reverse();
}

/** The parameter that holds a row for each class, of encoder or decoder: [C, H], H the size of its first hidden layer. */
export function conditionName(stack: string): string {
  return `${stack}.condition.weight`;
}

/** A layer of `fanIn` inputs and, where it takes the condition, as many more as there are classes. */
interface Layer {
  readonly name: string;
  readonly fanIn: number;
  readonly fanOut: number;
  readonly condition?: string;
}

const VALUES: Check = thing("{ weight, bias }", ["weight", "bias"], "glorot, he and linear are such functions");

/** All parameters by name and their first values. Each layer draws from a key of its own. */
export function parameterSpecs(config: VaeConfig): ParameterSpec[] {
  const { input, hidden, latent, likelihood, prior, classes = 0, init = linear } = config;
  const layers: Layer[] = [];
  const stack = (name: string, first: number, sizes: readonly number[]): number => {
    sizes.forEach((fanOut, i) => {
      const condition = i === 0 && classes > 0 ? { condition: conditionName(name) } : {};
      layers.push({ name: `${name}.${i}`, fanIn: i === 0 ? first : sizes[i - 1]!, fanOut, ...condition });
    });
    return sizes.at(-1) ?? first;
  };
  layers.push({ name: "heads", fanIn: stack("encoder", input, hidden), fanOut: 2 * latent });
  layers.push({ name: "output", fanIn: stack("decoder", latent, decoderHiddenOf(config)), fanOut: likelihood.columns(input) });
  const ofLayers = layers.flatMap(({ name, fanIn, fanOut, condition }, i) => {
    const first = init(fanIn + (condition ? classes : 0), fanOut, streams.layer(config.seed, i));
    checkValue("vae", "what init gives", first, VALUES);
    const { weight, bias } = first;
    const split = fanIn * fanOut;
    return [
      { name: `${name}.weight`, shape: [fanIn, fanOut], values: weight.subarray(0, split) },
      { name: `${name}.bias`, shape: [fanOut], values: bias },
      ...(condition ? [{ name: condition, shape: [classes, fanOut], values: weight.subarray(split) }] : []),
    ];
  });
  const ofLikelihood = likelihood.parameters?.(input) ?? [];
  const ofPrior = prior?.parameters?.(latent, input, streams.prior(config.seed)) ?? [];
  checkOwn("likelihood", ofLikelihood);
  checkOwn("prior", ofPrior);
  return [...ofLayers, ...ofLikelihood, ...ofPrior];
}

/** Throws unless the names of own parameters say whose they are, by which files and decoders tell them apart. */
function checkOwn(owner: "likelihood" | "prior", specs: readonly ParameterSpec[]): void {
  const other = specs.find(({ name }) => !name.startsWith(`${owner}.`));
  if (other) throw new RangeError(`vae: names of a ${owner}'s parameters begin with "${owner}.", got ${quoted(other.name)}`);
}
