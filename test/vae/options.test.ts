import { describe, expect, test } from "vitest";
import { CpuDevice } from "../../src/device/cpu.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import type { Likelihood } from "../../src/vae/likelihoods/likelihood.ts";
import type { JsonObject } from "../../src/vae/options.ts";
import type { Prior } from "../../src/vae/priors/prior.ts";
import { standardNormal } from "../../src/vae/priors/standard_normal.ts";
import { Vae } from "../../src/vae/vae.ts";

const sizes = { input: 3, hidden: [2], latent: 1, seed: 0 };
const likelihoodOf = (options: unknown): Likelihood => ({ ...bernoulli(), name: "mine", options: options as JsonObject });
const priorOf = (options: unknown): Prior => ({ ...standardNormal(), name: "mine", options: options as JsonObject });

describe("what a file could not hold is refused before anything is allocated or trained:", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = { again: cyclic };
  class Point {
    readonly x = 1;
  }
  const at = (path: string, got: string): string => `vae: the options of mine are plain JSON, got ${got} at "${path}" (a file could not hold it)`;

  test.each<[string, unknown, string]>([
    ["a function", { f: () => 1 }, at("options.f", "the function f")],
    ["NaN", { scale: [1, NaN] }, at("options.scale[1]", "NaN")],
    ["an infinite number", { scale: { x: -Infinity } }, at("options.scale.x", "-Infinity")],
    ["undefined", { scale: undefined }, at("options.scale", "undefined")],
    ["a hole", { scale: new Array<number>(1) }, at("options.scale[0]", "undefined")],
    ["a bigint", { n: 1n }, at("options.n", "1")],
    ["a symbol", { s: Symbol("s") }, at("options.s", "a symbol")],
    ["typed numbers", { values: Float32Array.of(1) }, at("options.values", "a Float32Array")],
    ["a Map", { levels: new Map([["a", 1]]) }, at("options.levels", "a Map")],
    ["what a class makes", { at: new Point() }, at("options.at", "a Point")],
    ["options that are no object", [1], "vae: the options of mine are an object, got an array"],
    ["no options", undefined, "vae: the options of mine are an object, got undefined"],
  ])("%s", (_, options, message) => {
    const device = new CpuDevice();
    const { live } = device.memory();
    expect(() => new Vae(device, { ...sizes, likelihood: likelihoodOf(options) })).toThrow(new TypeError(message));
    expect(() => new Vae(device, { ...sizes, likelihood: bernoulli(), prior: priorOf(options) })).toThrow(new TypeError(message));
    expect(device.memory().live).toBe(live);
  });

  test("an object that holds itself", () => {
    const make = (): Vae => new Vae(new CpuDevice(), { ...sizes, likelihood: likelihoodOf(cyclic) });
    expect(make).toThrow(TypeError);
    expect(make).toThrow('vae: the options of mine have at most 64 levels, got more at "options.self.again');
    expect(make).toThrow("(does an object hold itself?)");
  });

  test("a name that is none", () => {
    for (const [name, got] of [
      [undefined, "undefined"],
      ["", '""'],
      [3, "3"],
    ] as const) {
      const mine = { ...bernoulli(), name } as unknown as Likelihood;
      expect(() => new Vae(new CpuDevice(), { ...sizes, likelihood: mine })).toThrow(`vae: the name of a likelihood is a text, got ${got}`);
    }
  });

  test("parameters that do not say whose they are", () => {
    const spec = { name: "scale", shape: [1], values: new Float64Array(1) };
    const device = new CpuDevice();
    const own = { parameters: () => [spec] };
    expect(() => new Vae(device, { ...sizes, likelihood: { ...bernoulli(), ...own } })).toThrow(
      new RangeError('vae: names of a likelihood\'s parameters begin with "likelihood.", got "scale"'),
    );
    expect(() => new Vae(device, { ...sizes, likelihood: bernoulli(), prior: { ...standardNormal(), ...own } })).toThrow(
      new RangeError('vae: names of a prior\'s parameters begin with "prior.", got "scale"'),
    );
  });
});

test("plain JSON of every kind, also without a prototype and 64 levels deep, is taken as it is", () => {
  let deep: unknown = null;
  for (let i = 0; i < 63; i++) deep = [deep];
  const options = { a: null, b: true, c: -1.5e300, d: "", e: [[], {}], f: Object.assign(Object.create(null) as object, { g: 0 }), deep };
  const vae = new Vae(new CpuDevice(), { ...sizes, likelihood: likelihoodOf(options) });
  expect(JSON.parse(JSON.stringify(vae.config.likelihood.options))).toEqual(JSON.parse(JSON.stringify(options)));
});
