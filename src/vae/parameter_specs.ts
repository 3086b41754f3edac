/** What a model is made of, from its configuration: checked, and with first values. */
import { type Check, checkOptions, type Checks, checkValue, COUNT, FUNCTION, TEXT, thing, WHOLE } from "../check.ts";
import { quoted } from "../text.ts";
import { type Initializer, linear } from "../nn/init.ts";
import { lazySpec, type ParameterSpec } from "../nn/parameters.ts";
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

/**
 * All parameters by name, one at a time: who holds them against a file stops at the first that does not fit, before first values are drawn and before
 * likelihood and prior are asked for sizes that nobody has confirmed. Each layer draws from a key of its own.
 */
export function* parameterSpecs(config: VaeConfig): Generator<ParameterSpec> {
  const { input, latent, likelihood, prior, classes = 0, init = linear, seed } = config;
  let i = 0;
  for (const { name, fanIn, fanOut, condition } of layersOf(config)) {
    const layerKey = streams.layer(seed, i++);
    let made: ReturnType<Initializer> | undefined;
    const first = (): ReturnType<Initializer> => (made ??= valuesOf(init(fanIn + (condition ? classes : 0), fanOut, layerKey)));
    const split = fanIn * fanOut;
    yield lazySpec(`${name}.weight`, [fanIn, fanOut], () => first().weight.subarray(0, split));
    yield lazySpec(`${name}.bias`, [fanOut], () => first().bias);
    if (condition) yield lazySpec(condition, [classes, fanOut], () => first().weight.subarray(split));
  }
  yield* owned("likelihood", likelihood.parameters?.(input) ?? []);
  yield* owned("prior", prior?.parameters?.(latent, encoderInputsOf(config), streams.prior(seed)) ?? []);
}

/** What an initializer gave, checked. */
function valuesOf(given: ReturnType<Initializer>): ReturnType<Initializer> {
  checkValue("vae", "what init gives", given, VALUES);
  return given;
}

/** E, the columns that the encoder takes. */
export function encoderInputsOf({ input, likelihood }: Pick<VaeConfig, "input" | "likelihood">): number {
  return likelihood.encoder?.columns(input) ?? input;
}

function* layersOf(config: VaeConfig): Generator<Layer> {
  const { input, hidden, latent, likelihood, classes = 0 } = config;
  const inputs = encoderInputsOf(config);
  function* stack(name: string, first: number, sizes: readonly number[]): Generator<Layer> {
    for (const [i, fanOut] of sizes.entries()) {
      const condition = i === 0 && classes > 0 ? { condition: conditionName(name) } : {};
      yield { name: `${name}.${i}`, fanIn: i === 0 ? first : sizes[i - 1]!, fanOut, ...condition };
    }
  }
  yield* stack("encoder", inputs, hidden);
  yield { name: "heads", fanIn: hidden.at(-1) ?? inputs, fanOut: 2 * latent };
  yield* stack("decoder", latent, decoderHiddenOf(config));
  yield { name: "output", fanIn: decoderHiddenOf(config).at(-1) ?? latent, fanOut: likelihood.columns(input) };
}

/** The parameters of a likelihood or a prior, whose names say whose they are, by which files and decoders tell them apart. */
function* owned(owner: "likelihood" | "prior", specs: readonly ParameterSpec[]): Generator<ParameterSpec> {
  for (const spec of specs) {
    if (!spec.name.startsWith(`${owner}.`)) {
      throw new RangeError(`vae: names of a ${owner}'s parameters begin with "${owner}.", got ${quoted(spec.name)}`);
    }
    yield spec;
  }
}
