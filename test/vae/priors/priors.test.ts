/** Priors: their densities against formulas, their gradients, and models that are trained with them. */
import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { batchOf, type Dataset, dataset } from "../../../src/data/dataset.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { readSafetensors } from "../../../src/formats/safetensors.ts";
import { evaluate } from "../../../src/judge/evaluate.ts";
import { estimateNll, logWeights, posteriorOf } from "../../../src/judge/nll.ts";
import { reshape } from "../../../src/ops/shape_ops.ts";
import { neg } from "../../../src/ops/unary.ts";
import { forEachBits, key, normalOf, uniformOf } from "../../../src/random.ts";
import { streams } from "../../../src/streams.ts";
import { type Tensor, tensor } from "../../../src/tensor.ts";
import { load } from "../../../src/vae/files/load.ts";
import { save } from "../../../src/vae/files/save.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elbo } from "../../../src/vae/objectives/elbo.ts";
import { elboObjective } from "../../../src/vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../../src/vae/objectives/iwae_objective.ts";
import type { Objective } from "../../../src/vae/objectives/objective.ts";
import { mixture } from "../../../src/vae/priors/mixture.ts";
import type { Prior } from "../../../src/vae/priors/prior.ts";
import { priorNamed } from "../../../src/vae/priors/registry.ts";
import { standardNormal } from "../../../src/vae/priors/standard_normal.ts";
import { vampPrior } from "../../../src/vae/priors/vamp_prior.ts";
import type { Checkpoint } from "../../../src/vae/training/checkpoint.ts";
import { train } from "../../../src/vae/training/train.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { expectSame } from "../../support/compare.ts";
import { normals, onEachDevice } from "../../support/conformance.ts";

/** Runs a training to its end. */
async function finish(run: AsyncIterable<unknown>): Promise<void> {
  for await (const report of run) void report;
}

const [D, L, K, ROWS] = [6, 2, 3, 48];
const bytes = Uint8Array.from({ length: ROWS * D }, (_, i) => (Math.floor(i / D) % 3 === i % 3 ? 230 : 10) + ((i * 7) % 20));
const rowsOn = (device: Device): Dataset => dataset(device, bytes, { columns: D, scale: 1 / 255 });
const model = (device: Device, prior?: Prior): Vae =>
  new Vae(device, { input: D, hidden: [8], latent: L, likelihood: bernoulli(), seed: 9, activation: "tanh", ...(prior && { prior }) });

/** Writes normal numbers of deviation `scale` over parameters. */
function spread(vae: Vae, scale: number, which: RegExp): void {
  [...vae.parameters.tensors].forEach(([name, { shape, slice }], i) => {
    if (which.test(name)) vae.device.write(slice, Float64Array.from(normals(50 + i, shape, scale).data));
  });
}

const LOG_2PI = Math.log(2 * Math.PI);

/** log(Σk w_k·N(z; mean_k, exp(logVar_k))), straight from the formula. */
function logMixture(z: ArrayLike<number>, means: ArrayLike<number>, logVars: ArrayLike<number>, weights: readonly number[]): number {
  const densities = weights.map((weight, k) => {
    let log = 0;
    for (let l = 0; l < L; l++) {
      const [mean, logVar] = [means[k * L + l]!, logVars[k * L + l]!];
      log -= 0.5 * (LOG_2PI + logVar + (z[l]! - mean) ** 2 / Math.exp(logVar));
    }
    return weight * Math.exp(log);
  });
  return Math.log(densities.reduce((a, b) => a + b));
}

/** The components of a model's prior, read. */
async function components(vae: Vae): Promise<{ means: ArrayLike<number>; logVars: ArrayLike<number>; weights: number[] }> {
  const of = async (name: string): Promise<ArrayLike<number>> => await vae.parameters.tensors.get(name)!.read();
  if (vae.prior.name === "mixture") {
    const odds = Array.from(await of("prior.logits"), Math.exp);
    const total = odds.reduce((a, b) => a + b);
    return { means: await of("prior.means"), logVars: await of("prior.logVars"), weights: odds.map((value) => value / total) };
  }
  const inputs = vae.parameters.frozen().get("prior.pseudoInputs")!;
  const both = await vae.encode(inputs, key(0)).meanLogVar.read();
  const half = (first: number): number[] => Array.from({ length: K * L }, (_, i) => both[Math.floor(i / L) * 2 * L + first + (i % L)]!);
  return { means: half(0), logVars: half(L), weights: Array<number>(K).fill(1 / K) };
}

const priors: readonly [string, () => Prior][] = [
  ["mixture", () => mixture({ components: K })],
  ["vampPrior", () => vampPrior({ pseudoInputs: K })],
];

await onEachDevice((device) => {
  test.each(priors)("the log-density of a %s is that of its components", async (_, make) => {
    const vae = model(device, make());
    spread(vae, 0.7, /^prior|^heads/);
    const z = tensor(device, Float64Array.from(normals(3, [7, L], 2).data), [7, L]);
    const { means, logVars, weights } = await components(vae);
    const [got, points] = [await vae.prior.logProb(z, vae.priorModel()).read(), await z.read()];
    for (let row = 0; row < 7; row++) {
      const want = logMixture(points.subarray(row * L, (row + 1) * L), means, logVars, weights);
      // exp, log and their arguments: some tens of roundings of terms as large as the result
      expect(Math.abs(got[row]! - want)).toBeLessThanOrEqual(100 * 2 ** -23 * Math.max(1, Math.abs(want)));
    }
    const standard = await standardNormal().logProb(z, vae.priorModel()).read();
    standard.forEach((value, row) => {
      const want = logMixture(points.subarray(row * L, (row + 1) * L), [0, 0], [0, 0], [1]);
      expect(Math.abs(value - want)).toBeLessThanOrEqual(20 * 2 ** -23 * Math.abs(want));
    });
    vae.dispose();
  });

  test("one component at 0 with variance 1 gives the bounds of the standard normal, their KL taken at the samples", async () => {
    const [plain, vae, data] = [model(device), model(device, mixture({ components: 1 })), rowsOn(device)];
    for (const name of ["prior.means", "prior.logVars"]) device.write(vae.parameters.tensors.get(name)!.slice, new Float64Array(L));
    const pairs: [Objective, Objective][] = [
      [elboObjective({ kl: "mc", samples: 2 }), elboObjective({ samples: 2 })],
      [elboObjective({ kl: "mc" }), elboObjective({ kl: "mc" })],
      [iwaeObjective({ samples: 3 }), iwaeObjective({ samples: 3 })],
    ];
    for (const [want, got] of pairs) {
      const [a, b] = [want.loss(plain, batchOf(data, 20), { noise: key(4) }), got.loss(vae, batchOf(data, 20), { noise: key(4) })];
      await expectSame(got.name, b.objective, a.objective, 40);
      const shared = (owner: Vae): Tensor[] => [...owner.parameters.tensors].filter(([name]) => !name.startsWith("prior.")).map(([, t]) => t);
      const [theirs, ours] = [grad(a.objective, shared(plain)), grad(b.objective, shared(vae))];
      for (const [i, gradient] of ours.entries()) await expectSame(`gradient ${i}`, gradient, theirs[i]!, 60);
    }
    const [own, usual] = [await estimateNll(vae, data, { samples: 20 }), await estimateNll(plain, data, { samples: 20 })];
    expect(Math.abs(own.nll.mean - usual.nll.mean)).toBeLessThan(1e-4);
    [plain, vae, data].forEach((owner) => owner.dispose());
  });

  test.each(priors)("a %s is trained with the model, captured to the same bits as launch by launch, and beats its start", async (_, make) => {
    const data = rowsOn(device);
    const { live } = device.memory();
    const run = async (capture: boolean): Promise<ArrayLike<number>> => {
      const vae = model(device, make());
      const before = new Map(await Promise.all([...vae.parameters.tensors].map(async ([name, t]) => [name, await t.read()] as const)));
      const losses = [];
      for await (const report of train(vae, data, { epochs: 16, batchSize: 16, learningRate: 0.02, seed: 3, capture, validation: data })) {
        losses.push(report.validation!.negElbo);
      }
      expect(losses.at(-1)!).toBeLessThan(losses[0]!);
      for (const [name, t] of vae.parameters.tensors) if (name.startsWith("prior.")) expect(await t.read()).not.toEqual(before.get(name));
      const made = await vae.sample(20, key(1));
      expect(made.length).toBe(20 * D);
      expect(made.every((value) => value > 0 && value < 1)).toBe(true);
      const values = await device.read(vae.parameters.value);
      vae.dispose();
      return values;
    };
    expect(await run(true)).toEqual(await run(false));
    expect(device.memory().live).toBe(live);
    data.dispose();
  });

  test.each(priors)("draws of a %s have its mean and variance, and a copy of the decoder draws the same", async (_, make) => {
    const vae = model(device, make());
    spread(vae, 1, /^prior|^heads/);
    const { means, logVars, weights } = await components(vae);
    const count = 4000;
    const drawn = await vae.prior.sample(count, key(8), vae.priorModel());
    const z = await drawn.read();
    drawn.dispose();
    for (let l = 0; l < L; l++) {
      const moment = (power: number): number =>
        weights.reduce((sum, weight, k) => {
          const [mean, variance] = [means[k * L + l]!, Math.exp(logVars[k * L + l]!)];
          return sum + weight * [1, mean, mean ** 2 + variance, 0, mean ** 4 + 6 * mean ** 2 * variance + 3 * variance ** 2][power]!;
        }, 0);
      const average = (power: number): number => Array.from({ length: count }, (_, i) => z[i * L + l]! ** power).reduce((a, b) => a + b) / count;
      // five standard errors of the average
      expect(Math.abs(average(1) - moment(1))).toBeLessThan(5 * Math.sqrt((moment(2) - moment(1) ** 2) / count));
      expect(Math.abs(average(2) - moment(2))).toBeLessThan(5 * Math.sqrt((moment(4) - moment(2) ** 2) / count));
    }
    const copy = await vae.decoder();
    expect(await copy.sample(5, key(2))).toEqual(await vae.sample(5, key(2)));
    copy.dispose();
    vae.dispose();
  });

  test.each(priors)("a draw of a %s is of the component that one stream picks, with the noise of another", async (_, make) => {
    const vae = model(device, make());
    spread(vae, 1, /^prior|^heads/);
    const { means, logVars, weights } = await components(vae);
    const [count, from] = [200, key(8)];
    const drawn = await vae.prior.sample(count, from, vae.priorModel());
    const z = await drawn.read();
    const noise: number[] = [];
    forEachBits(...streams.componentNoise(from).words, count * L, (_i, bits) => noise.push(normalOf(bits)));
    forEachBits(...streams.component(from).words, count, (i, bits) => {
      let k = 0;
      for (let end = weights[0]!; k < K - 1 && uniformOf(bits) >= end; end += weights[k]!) k++;
      for (let l = 0; l < L; l++) {
        const want = means[k * L + l]! + Math.exp(0.5 * logVars[k * L + l]!) * noise[i * L + l]!;
        expect(Math.abs(z[i * L + l]! - want), `draw ${i}: ${z[i * L + l]}, want ${want} of component ${k}`).toBeLessThan(1e-4);
      }
    });
    drawn.dispose();
    vae.dispose();
  });

  test.each(priors)("evaluation of a model with a %s takes the KL at the draws, and a file gives the model back", async (_, make) => {
    const [vae, data] = [model(device, make()), rowsOn(device)];
    spread(vae, 0.5, /^prior|^heads/);
    const got = await evaluate(vae, data, { nllSamples: 50 });
    expect(Math.abs(got.negElbo.mean - got.reconstruction.mean - got.kl.mean)).toBeLessThan(1e-9);
    expect(got.nll!.nll.mean).toBeLessThan(got.negElbo.mean);
    // one importance weight is the bound of one sample, its prior included
    const noise = tensor(device, Float64Array.from(normals(6, [5, L]).data), [5, L]);
    const batch = batchOf(data, 5);
    const weights = device.scope(() => logWeights(vae, batch, posteriorOf(vae, batch), reshape(noise, [1, 5, L])));
    const { negBound } = iwaeObjective({ samples: 1 }).loss(vae, batch, { noise });
    await expectSame("log-weights", reshape(weights, [5]), neg(negBound!), 60);
    const toNormal = got.klPerDimension.reduce((a, b) => a + b);
    expect(Math.abs(got.kl.mean - toNormal)).toBeGreaterThan(0.01);
    const { vae: again } = load(device, await save(vae));
    expect([again.prior.name, again.prior.options]).toEqual([vae.prior.name, vae.prior.options]);
    expect(await again.sample(5, key(2))).toEqual(await vae.sample(5, key(2)));
    const loss = (of: Vae): Tensor => elbo(of, batchOf(data, 5), { noise: key(0) }).objective;
    expect(await loss(again).read()).toEqual(await loss(vae).read());
    [vae, again, data].forEach((owner) => owner.dispose());
  });
});

describe("in f64 the gradient is the difference of the value, with", () => {
  const objectives: readonly [string, Objective][] = [
    ["the ELBO of two samples", elboObjective({ samples: 2 })],
    ["its KL by samples row by row", elboObjective({ kl: "mc" })],
    ["a capacity", elboObjective({ capacity: 20 })],
    ["the importance-weighted bound", iwaeObjective({ samples: 3 })],
  ];
  test.each(priors.flatMap(([name, make]) => objectives.map(([what, objective]) => [name, what, make, objective] as const)))(
    "a %s and %s",
    async (_, __, make, objective) => {
      const device = new CpuDevice({ precision: "f64" });
      const [vae, data] = [model(device, make()), rowsOn(device)];
      spread(vae, 0.6, /./);
      const values = new Map<string, Float64Array>();
      for (const [name, t] of vae.parameters.tensors) values.set(name, Float64Array.from(await t.read()));
      const loss = (): Tensor => objective.loss(vae, batchOf(data, 7, 2), { noise: key(4) }).objective;
      const gradients = grad(loss(), [...vae.parameters.tensors.values()]);
      for (const which of [/^prior\./, /^(?!prior\.)/]) {
        const at = async (h: number): Promise<number> => {
          [...vae.parameters.tensors].forEach(([name, { slice, shape }], i) => {
            const direction = normals(90 + i, shape).data;
            device.write(
              slice,
              values.get(name)!.map((value, j) => value + (which.test(name) ? h * direction[j]! : 0)),
            );
          });
          return (await loss().read())[0]!;
        };
        let exact = 0;
        for (const [i, [name, { shape }]] of [...vae.parameters.tensors].entries()) {
          const direction = normals(90 + i, shape).data;
          if (which.test(name)) (await gradients[i]!.read()).forEach((g, j) => (exact += g * direction[j]!));
        }
        const numeric = ((await at(1e-5)) - (await at(-1e-5))) / 2e-5;
        expect(Math.abs(numeric)).toBeGreaterThan(0.001);
        expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(numeric)));
      }
      await device.close();
    },
  );
});

test("the doubly reparameterised gradient of a learned prior is that of the importance-weighted bound", async () => {
  const device = new CpuDevice({ precision: "f64" });
  const [vae, data] = [model(device, mixture({ components: K })), rowsOn(device)];
  spread(vae, 0.6, /./);
  const own = [...vae.parameters.tensors].filter(([name]) => name.startsWith("prior.")).map(([, t]) => t);
  const gradients = async (objective: Objective): Promise<number[][]> => {
    const { objective: loss } = objective.loss(vae, batchOf(data, 7), { noise: key(4) });
    return Promise.all(grad(loss, own).map(async (g) => Array.from(await g.read())));
  };
  const [iwae, dreg] = [await gradients(iwaeObjective({ samples: 4 })), await gradients(dregObjective({ samples: 4 }))];
  expect(iwae.flat().some((value) => Math.abs(value) > 1e-3)).toBe(true);
  iwae.flat().forEach((value, i) => expect(Math.abs(value - dreg.flat()[i]!)).toBeLessThanOrEqual(1e-12));
  await device.close();
});

test("pseudo-inputs begin as the rows that are given; parameters lie in a file as they are; a run is resumed to the same bits", async () => {
  const device = await openDevice("cpu");
  const data = rowsOn(device);
  const rows = Float64Array.from(bytes.subarray(0, K * D), (value) => value / 255);
  const vae = model(device, vampPrior({ pseudoInputs: K, rows }));
  const { tensors, metadata } = readSafetensors(await save(vae));
  expect(tensors.get("prior.pseudoInputs")!.shape).toEqual([K, D]);
  expect(tensors.get("prior.pseudoInputs")!.data).toEqual(Float32Array.from(rows));
  expect(JSON.parse(metadata.get("config")!)).toMatchObject({ prior: "vampPrior", priorOptions: { pseudoInputs: K } });
  const options = { epochs: 3, batchSize: 16, seed: 3 };
  const kept: Checkpoint[] = [];
  await finish(train(vae, data, { ...options, checkpointEvery: 4, onCheckpoint: (c) => Promise.resolve(void kept.push(c)) }));
  const resumed = model(device, vampPrior({ pseudoInputs: K }));
  await finish(train(resumed, data, { ...options, resume: kept[0]! }));
  expect(await device.read(resumed.parameters.value)).toEqual(await device.read(vae.parameters.value));
  await expect(train(model(device), data, { ...options, resume: kept[0]! }).next()).rejects.toThrow('prior "vampPrior" there and nothing here');
  await device.close();
});

test("pseudo-inputs of which no rows are given begin near ½, drawn from the stream of the prior", async () => {
  const device = await openDevice("cpu");
  const inputs = await model(device, vampPrior({ pseudoInputs: K }))
    .parameters.tensors.get("prior.pseudoInputs")!
    .read();
  const want: number[] = [];
  forEachBits(...streams.prior(9).words, K * D, (_, bits) => want.push(Math.fround(0.5 + 0.1 * normalOf(bits))));
  expect(Array.from(inputs)).toEqual(want);
  const means = await model(device, mixture({ components: K }))
    .parameters.tensors.get("prior.means")!
    .read();
  means.forEach((mean, i) => expect(mean).toBeCloseTo(Math.SQRT1_2 * (10 * (want[i]! - 0.5)), 5));
  await device.close();
});

describe("bad input", () => {
  test.each<[() => unknown, typeof RangeError | typeof TypeError, string]>([
    [() => mixture({ components: 0 }), RangeError, "mixture: components is a whole number from 1 to 65536, got 0"],
    [() => vampPrior({ pseudoInputs: 1.5 }), RangeError, "vampPrior: pseudoInputs is a whole number from 1 to 65536, got 1.5"],
    [() => priorNamed("flow"), RangeError, 'prior: the priors are standardNormal, mixture, vampPrior, got "flow"'],
    [() => priorNamed("mixture", { pseudoInputs: 3 }), TypeError, 'mixture: the options are { components }, got "pseudoInputs"'],
    [() => priorNamed("mixture"), TypeError, "mixture: components is a whole number from 1 to 65536, got undefined"],
  ])("is refused in one line: %#", (make, Kind, message) => {
    expect(make).toThrow(new Kind(message));
  });

  test("of a model or an objective leaves the device usable", async () => {
    const device = await openDevice("cpu");
    const data = rowsOn(device);
    const { live } = device.memory();
    expect(() => model(device, vampPrior({ pseudoInputs: K, rows: new Float32Array(7) }))).toThrow(
      "vampPrior: rows holds 3 pseudo-inputs of 6 columns, 18 values, got 7",
    );
    expect(
      () =>
        new Vae(device, { input: D, hidden: [8], latent: L, likelihood: bernoulli(), seed: 9, classes: 2, prior: vampPrior({ pseudoInputs: K }) }),
    ).toThrow("vae: pseudo-inputs have no labels, got vampPrior with classes 2 (use mixture())");
    expect(device.memory().live).toBe(live);
    const vae = model(device, mixture({ components: K }));
    const freeBits = train(vae, data, { epochs: 1, batchSize: 16, seed: 0, objective: elboObjective({ freeBits: 1 }) });
    await expect(freeBits.next()).rejects.toThrow(
      "elbo: freeBits is for the KL of each latent to N(0, 1), got the prior mixture (leave one of them out)",
    );
    expect((await vae.sample(3, key(0))).every(Number.isFinite)).toBe(true);
    await device.close();
  });
});
