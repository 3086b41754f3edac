/** Likelihoods and priors of one's own: saved, opened again, and what is said where they cannot be. */
import { describe, expect, test } from "vitest";
import { dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { readSafetensors, writeSafetensors } from "../../../src/formats/safetensors.ts";
import { add, div, mul, sub } from "../../../src/ops/binary.ts";
import { normal, uniform } from "../../../src/ops/random_ops.ts";
import { sum } from "../../../src/ops/reduce.ts";
import { abs, exp, log, square } from "../../../src/ops/unary.ts";
import { key } from "../../../src/random.ts";
import type { Tensor } from "../../../src/tensor.ts";
import { load, type LoadOptions } from "../../../src/vae/files/load.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { composedNll } from "../../../src/vae/likelihoods/composed_nll.ts";
import { continuousBernoulli } from "../../../src/vae/likelihoods/continuous_bernoulli.ts";
import { gaussian } from "../../../src/vae/likelihoods/gaussian.ts";
import { gaussianHead } from "../../../src/vae/likelihoods/gaussian_head.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import type { Likelihood, OwnTensors } from "../../../src/vae/likelihoods/likelihood.ts";
import type { JsonObject } from "../../../src/vae/options.ts";
import { mixture } from "../../../src/vae/priors/mixture.ts";
import type { Prior } from "../../../src/vae/priors/prior.ts";
import { vampPrior } from "../../../src/vae/priors/vamp_prior.ts";
import { train } from "../../../src/vae/training/train.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";

const [D, L] = [4, 2];

interface Unit {
  readonly name: string;
  readonly per: readonly number[];
}

/** −log p(x) = |x − mean|/scale + log(2·scale), a learned scale for each column, times a fixed factor for each: options are nested JSON. */
function laplace(options: { readonly units: readonly Unit[]; readonly note: string | null; readonly wide: boolean }): Likelihood {
  const units = options.units.map(({ name, per }) => ({ name, per }));
  const factors = units.flatMap(({ per }) => per);
  const scaleOf = (own: OwnTensors | undefined): Tensor => mul(exp(own!.get("likelihood.weight")!), own!.get("likelihood.factor")!);
  return {
    name: "laplace",
    options: { ...options, units },
    columns: (D) => D,
    // One parameter ends in .weight and is no matrix, which alone is stored transposed; one has rank 0.
    parameters: (D) => [
      { name: "likelihood.weight", shape: [D], values: Float64Array.from(factors, Math.log) },
      { name: "likelihood.mixing.weight", shape: [2, 3], values: Float64Array.of(1, 2, 3, 4, 5, 6) },
      { name: "likelihood.factor", shape: [], values: Float64Array.of(options.wide ? 2 : 1) },
    ],
    check: () => undefined,
    nll: (h, W, b, x, own) => {
      const scale = scaleOf(own);
      return composedNll(h, W, b, x, (means, data) => add(div(abs(sub(data, means)), scale), log(mul(scale, 2))));
    },
    mean: (means) => means,
    sample: (means, key, own) => {
      const [one, other] = [key, { words: [key.words[1], key.words[0]] as const }].map((k) => log(uniform(means.device, means.shape, k)));
      return add(means, mul(sub(one!, other!), scaleOf(own)));
    },
  };
}

/** log p(z) = −½ Σl ((z − shift)² + log 2π): N(shift, I), the shift learned. */
function shifted({ start }: { readonly start: readonly number[] }): Prior {
  return {
    name: "shifted",
    options: { start },
    parameters: (L) => [{ name: "prior.shift", shape: [L], values: Float64Array.from(start) }],
    logProb: (z, { own }) => mul(add(sum(square(sub(z, own.get("prior.shift")!)), [1]), L * Math.log(2 * Math.PI)), -0.5),
    sample: (count, key, { device, latent, own }) =>
      Promise.resolve(device.scope(() => add(normal(device, [count, latent], key), own.get("prior.shift")!))),
  };
}

const OPTIONS = {
  units: [
    { name: "cm", per: [1, 0.5] },
    { name: "\u0000 “kg”", per: [2, 3] },
  ],
  note: null,
  wide: true,
};
const known: LoadOptions = { file: "m.safetensors", likelihoods: { laplace }, priors: { shifted } };
const sizes = { input: D, hidden: [5], latent: L, seed: 3 };
const ownModel = (device: Device): Vae => new Vae(device, { ...sizes, likelihood: laplace(OPTIONS), prior: shifted({ start: [0.5, -1] }) });

const bytesOf = (values: ArrayLike<number>): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);

async function roundTrip(device: Device): Promise<void> {
  const vae = ownModel(device);
  const data = dataset(
    device,
    Float64Array.from({ length: 20 * D }, (_, i) => ((i * 37) % 101) / 50 - 1),
    { columns: D },
  );
  for await (const { negElbo } of train(vae, data, { epochs: 2, batchSize: 7, learningRate: 0.05, seed: 1 })) expect(negElbo).toBeLessThan(1e3);
  const { live } = device.memory();
  const bytes = await save(vae, { data: "made up" });
  const { vae: again, about } = load(device, bytes, known);
  expect(about).toEqual({ data: "made up" });
  expect([again.config.likelihood.options, again.prior.options]).toEqual([OPTIONS, { start: [0.5, -1] }]);
  expect(await save(again, about)).toEqual(bytes);
  for (const draw of ["mean", "sample"] as const) {
    expect(bytesOf(await again.sample(9, key(4), { draw }))).toEqual(bytesOf(await vae.sample(9, key(4), { draw })));
  }
  const copy = await again.decoder();
  expect(await copy.sample(9, key(4), { draw: "sample" })).toEqual(await vae.sample(9, key(4), { draw: "sample" }));
  copy.dispose();
  again.dispose();
  expect(device.memory().live).toBe(live);
  [vae, data].forEach((owner) => owner.dispose());
}

await onEachDevice((device) => {
  test("a likelihood and a prior of one's own, with parameters of their own, are trained, saved and opened to the same bits", () =>
    roundTrip(device));
});

test("so are they in f64, whose file has every bit of a parameter", async () => {
  const device = new CpuDevice({ precision: "f64" });
  await roundTrip(device);
  const { tensors } = readSafetensors(await save(ownModel(device)));
  expect(tensors.get("likelihood.weight")).toEqual({ shape: [D], data: Float64Array.of(0, Math.log(0.5), Math.log(2), Math.log(3)) });
  expect(tensors.get("likelihood.mixing.weight")).toEqual({ shape: [3, 2], data: Float64Array.of(1, 4, 2, 5, 3, 6) });
  expect(tensors.get("likelihood.factor")).toEqual({ shape: [], data: Float64Array.of(2) });
});

/** Opens a model whose configuration in the file is changed. */
async function opened(change: JsonObject, options: LoadOptions = { file: "m.safetensors" }, of: Partial<Vae["config"]> = {}): Promise<Vae> {
  const device = new CpuDevice();
  const { tensors, metadata } = readSafetensors(await save(new Vae(device, { ...sizes, likelihood: bernoulli(), ...of })));
  const config = JSON.stringify({ ...(JSON.parse(metadata.get("config")!) as JsonObject), ...change });
  const bytes = writeSafetensors(tensors, new Map([...metadata, ["config", config]]));
  const { live } = device.memory();
  try {
    return load(device, bytes, options).vae;
  } catch (error) {
    expect(device.memory().live).toBe(live);
    throw error;
  }
}

const NAMES = "bernoulli, continuousBernoulli, gaussian, gaussianLearned, gaussianHead";

describe("a name in a file that nobody knows is refused with what to pass", () => {
  test.each<[JsonObject, LoadOptions, string]>([
    [
      { likelihood: "poisson" },
      { file: "model.safetensors" },
      `load: model.safetensors has the likelihood "poisson", which is none of ${NAMES} (pass it: load(device, bytes, { likelihoods: { poisson } }))`,
    ],
    [
      { likelihood: "poisson" },
      known,
      `load: m.safetensors has the likelihood "poisson", which is none of ${NAMES}, laplace (pass it: load(device, bytes, { likelihoods: { poisson } }))`,
    ],
    [
      { prior: "flow", priorOptions: {} },
      {},
      'load: model has the prior "flow", which is none of standardNormal, mixture, vampPrior (pass it: load(device, bytes, { priors: { flow } }))',
    ],
    ...["__proto__", "constructor", "toString"].map((name): [JsonObject, LoadOptions, string] => [
      { likelihood: name, prior: name },
      known,
      `load: m.safetensors has the likelihood "${name}", which is none of ${NAMES}, laplace (pass it: load(device, bytes, { likelihoods: { ${name} } }))`,
    ]),
    [
      { likelihood: "\u001b[2J\u009b1m\n\u202e" },
      {},
      `load: model has the likelihood "\\u001b[2J\\u009b1m\\n\\u202e", which is none of ${NAMES} ` +
        '(pass it: load(device, bytes, { likelihoods: { "\\u001b[2J\\u009b1m\\n\\u202e": … } }))',
    ],
    [
      { likelihood: "x".repeat(100_000) },
      {},
      `load: model has the likelihood "${"x".repeat(100)}…", which is none of ${NAMES} ` +
        `(pass it: load(device, bytes, { likelihoods: { "${"x".repeat(100)}…": … } }))`,
    ],
  ])("%j", async (change, options, message) => {
    await expect(opened(change, options)).rejects.toThrow(new FormatError(message));
  });
});

describe("options in a file that are not those of the name are refused in one line", () => {
  const models: Record<string, Partial<Vae["config"]>> = {
    bernoulli: {},
    continuousBernoulli: { likelihood: continuousBernoulli() },
    gaussian: { likelihood: gaussian() },
    gaussianLearned: { likelihood: gaussianLearned() },
    gaussianHead: { likelihood: gaussianHead() },
    standardNormal: {},
    mixture: { prior: mixture({ components: 2 }) },
    vampPrior: { prior: vampPrior({ pseudoInputs: 2 }) },
  };
  const numbers: [string, string][] = [
    ["gaussian", "variance"],
    ["gaussianLearned", "floor"],
    ["gaussianHead", "floor"],
    ["mixture", "components"],
    ["vampPrior", "pseudoInputs"],
  ];
  const priors = ["standardNormal", "mixture", "vampPrior"];
  const kindOf = (name: string): string => (priors.includes(name) ? "prior" : "likelihood");
  const wrongKinds = Object.keys(models).flatMap((name): [string, unknown, string][] => [
    [name, [], `(${name}: `],
    [name, [], "got an array"],
    [name, null, "got null"],
    [name, "1", 'got "1"'],
    [name, { x: 1 }, `got "x"`],
    [name, JSON.parse('{"__proto__":1}'), `got "__proto__"`],
    [name, { ["\u001b".repeat(1000)]: 1 }, `got "${"\\u001b".repeat(100)}…"`],
  ]);
  const wrongValues = numbers.flatMap(([name, option]): [string, unknown, string][] => [
    [name, { [option]: "1" }, 'got "1"'],
    [name, { [option]: null }, "got null"],
    [name, { [option]: [1] }, "got an array"],
    [name, { [option]: { x: "y".repeat(1000) } }, "got an object"],
    [name, { [option]: -1 }, `${name}: ${option} is`],
  ]);
  test.each<[string, unknown, string]>([
    ...wrongKinds,
    ...wrongValues,
    ["mixture", { components: 1e9 }, "mixture: components is a whole number from 1 to 65536, got 1000000000"],
    ["mixture", {}, "mixture: components is a whole number from 1 to 65536, got undefined"],
    ["vampPrior", { pseudoInputs: 1e9 }, "vampPrior: pseudoInputs is a whole number from 1 to 65536, got 1000000000"],
  ])("%s, %#", async (name, options, rule) => {
    const what = kindOf(name);
    const change = { [what]: name, [`${what}Options`]: options as JsonObject };
    const error: unknown = await opened(change, undefined, models[name]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(FormatError);
    const { message } = error as FormatError;
    expect(message).toContain(rule);
    expect(message).toMatch(/^load: the config in m\.safetensors cannot be used \(.{1,1000}\)$/);
  });

  test("no options are those by default", async () => {
    const device = new CpuDevice();
    const { tensors, metadata } = readSafetensors(await save(new Vae(device, { ...sizes, likelihood: gaussian() })));
    const { likelihoodOptions, ...config } = JSON.parse(metadata.get("config")!) as JsonObject;
    expect(likelihoodOptions).toEqual({ variance: 1 });
    const { vae } = load(device, writeSafetensors(tensors, new Map([...metadata, ["config", JSON.stringify(config)]])));
    expect(vae.config.likelihood.options).toEqual({ variance: 1 });
  });
});

describe("load", () => {
  test("prefers what it is given to the library's", async () => {
    const mine: Likelihood = { ...bernoulli(), options: { mine: true } };
    expect((await opened({}, { likelihoods: { bernoulli: () => mine } })).config.likelihood).toBe(mine);
  });

  test("gives the function the options as JSON.parse has them, and says what it throws in one line", async () => {
    const seen: unknown[] = [];
    const refuse = (thrown: unknown) => (options: unknown) => {
      seen.push(options);
      throw thrown;
    };
    const change = { likelihood: "mine", likelihoodOptions: { a: [1, { b: null }] } };
    const open = (thrown: unknown): Promise<Vae> => opened(change, { ...known, likelihoods: { mine: refuse(thrown) } });
    const error = new RangeError("mine: b is a number, got null");
    const said = "load: the config in m.safetensors cannot be used (mine: b is a number, got null)";
    await expect(open(error)).rejects.toThrow(new FormatError(said, { cause: error }));
    await expect(open("a text\nof two lines")).rejects.toThrow(
      new FormatError("load: the config in m.safetensors cannot be used (a text of two lines)", { cause: "a text\nof two lines" }),
    );
    expect(seen).toEqual([{ a: [1, { b: null }] }, { a: [1, { b: null }] }]);
    await expect(
      opened({ prior: "mine", priorOptions: { deep: [[[]]] } }, { ...known, priors: { mine: refuse(new TypeError("mine: no")) } }),
    ).rejects.toThrow("load: the config in m.safetensors cannot be used (mine: no)");
    expect(seen.at(-1)).toEqual({ deep: [[[]]] });
  });

  test("refuses a file's name in the place of its options, and other things that are none", async () => {
    const device = new CpuDevice();
    const bytes = await save(new Vae(device, { ...sizes, likelihood: bernoulli() }));
    const open = (options: unknown) => (): unknown => load(device, bytes, options as LoadOptions);
    expect(open("model.safetensors")).toThrow(new TypeError('load: the options are { file, likelihoods, priors }, got "model.safetensors"'));
    expect(open(null)).toThrow(new TypeError("load: the options are { file, likelihoods, priors }, got null"));
    expect(open(7)).toThrow(new TypeError("load: the options are { file, likelihoods, priors }, got 7"));
  });

  test.each<[LoadOptions, string]>([
    [{ likelihoods: { poisson: bernoulli() as never } }, "load: likelihoods.poisson is a function of the options in a file, got an object"],
    [{ likelihoods: { poisson: undefined as never } }, "load: likelihoods.poisson is a function of the options in a file, got undefined"],
    [{ priors: { flow: "flow" as never } }, 'load: priors.flow is a function of the options in a file, got "flow"'],
  ])("refuses a record whose value is no function, also where the file does not name it: %#", async (options, message) => {
    await expect(opened({}, options)).rejects.toThrow(new TypeError(message));
  });

  test.each<[LoadOptions, string]>([
    [{ likelihoods: { poisson: () => bernoulli() } }, 'load: likelihoods.poisson makes a likelihood of that name, got one of the name "bernoulli"'],
    [{ likelihoods: { poisson: () => undefined as never } }, "load: likelihoods.poisson makes a likelihood of that name, got undefined"],
    [
      { likelihoods: { poisson: () => Promise.resolve() as never } },
      "load: likelihoods.poisson makes a likelihood of that name, got an object without columns",
    ],
    [
      { likelihoods: { poisson: () => ({ ...bernoulli(), name: "poisson", sample: 1 }) as never } },
      "load: likelihoods.poisson makes a likelihood of that name, got an object without sample",
    ],
  ])("refuses a function that makes something else than the likelihood of that name: %#", async (options, message) => {
    await expect(opened({ likelihood: "poisson" }, options)).rejects.toThrow(new TypeError(message));
  });

  test("refuses a function that makes something else than the prior of that name", async () => {
    const open = (made: unknown): Promise<Vae> => opened({ prior: "flow", priorOptions: {} }, { priors: { flow: () => made as Prior } });
    await expect(open(mixture({ components: 2 }))).rejects.toThrow('load: priors.flow makes a prior of that name, got one of the name "mixture"');
    await expect(open(bernoulli())).rejects.toThrow("load: priors.flow makes a prior of that name, got an object without logProb");
  });

  test("says what a model cannot have of options that its likelihood gives back", async () => {
    const deep = JSON.parse("[".repeat(1000) + "]".repeat(1000)) as JsonObject;
    const echo = (options: unknown): Likelihood => ({ ...bernoulli(), name: "echo", options: options as JsonObject });
    await expect(opened({ likelihood: "echo", likelihoodOptions: { deep } }, { likelihoods: { echo } })).rejects.toThrow(
      "load: the config in model cannot be used (vae: the options of echo have at most 64 levels, got more at",
    );
  });
});
