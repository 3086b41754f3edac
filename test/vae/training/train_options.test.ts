/** Every option of training acts, and a constant schedule is the number itself. */
import { expect, test } from "vitest";
import { type Dataset, dataset } from "../../../src/data/dataset.ts";
import type { Device } from "../../../src/device/device.ts";
import type { TypedArray } from "../../../src/kernel.ts";
import { adamW } from "../../../src/nn/adam.ts";
import { rmsprop } from "../../../src/nn/rmsprop.ts";
import { constant, cosine, cyclical, warmUp } from "../../../src/nn/schedules.ts";
import { sgd } from "../../../src/nn/sgd.ts";
import { readDigits } from "../../../src/node/images.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { elboObjective } from "../../../src/vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../../src/vae/objectives/iwae_objective.ts";
import { Trainer } from "../../../src/vae/training/trainer.ts";
import type { TrainerOptions } from "../../../src/vae/training/trainer_options.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { onEachDevice } from "../../support/conformance.ts";

const digits = await readDigits();
const options: TrainerOptions = { batchSize: 32, seed: 5, learningRate: 1e-2 };

const model = (device: Device): Vae => new Vae(device, { input: 64, hidden: [10], latent: 3, likelihood: bernoulli(), seed: 3 });
const images = (device: Device): Dataset => dataset(device, digits.train.data.slice(0, 80 * 64), { columns: 64, scale: digits.train.scale });

/** The weights and losses after four steps. */
async function after(device: Device, extra: Partial<TrainerOptions>, steps = 4): Promise<{ weights: TypedArray; sums: TypedArray }> {
  const [vae, data] = [model(device), images(device)];
  const trainer = new Trainer(vae, data, { ...options, ...extra });
  trainer.steps(steps);
  const result = { weights: await device.read(vae.parameters.value), sums: await trainer.sums() };
  [trainer, vae, data].forEach((owner) => owner.dispose());
  return result;
}

await onEachDevice((device) => {
  test.each<[string, Partial<TrainerOptions>]>([
    ["learningRate", { learningRate: 2e-2 }],
    ["a schedule of it", { learningRate: cosine(1e-2), epochs: 2 }],
    ["beta", { beta: 0.5 }],
    ["a warm-up of beta", { beta: warmUp(constant(1), 10) }],
    ["a cyclical beta", { beta: cyclical(1, { cycles: 2 }) }],
    ["a sampled KL", { objective: elboObjective({ kl: "mc", samples: 2 }) }],
    ["more samples", { objective: elboObjective({ samples: 3 }) }],
    ["free bits", { objective: elboObjective({ freeBits: 0.5 }) }],
    ["a capacity that rises", { objective: elboObjective({ capacity: warmUp(constant(5), 3) }), beta: 3 }],
    ["the importance-weighted bound", { objective: iwaeObjective({ samples: 3 }) }],
    ["the doubly reparameterised gradient", { objective: dregObjective({ samples: 3 }) }],
    ["the optimizer", { optimizer: adamW({ weightDecay: 0.1 }) }],
    ["another optimizer", { optimizer: rmsprop() }],
    ["clip.norm", { clip: { norm: 0.1 } }],
    ["clip.value", { clip: { value: 1e-3 } }],
    ["binarise", { binarise: true }],
    ["seed", { seed: 6 }],
    ["batchSize", { batchSize: 16 }],
  ])("%s changes the weights", async (_, extra) => {
    const [plain, changed] = [await after(device, {}), await after(device, extra)];
    expect(changed.weights).not.toEqual(plain.weights);
    expect(changed.weights.every(Number.isFinite)).toBe(true);
    expect(await after(device, { ...extra, capture: false })).toEqual(changed);
  });

  test("a constant schedule gives the bits of its number", async () => {
    const scheduled = await after(device, { learningRate: constant(1e-2), beta: constant(1) });
    expect(scheduled).toEqual(await after(device, {}));
  });

  test("the default objective by name gives its bits, and of one sample the bound and the sampled ELBO give the same", async () => {
    expect(await after(device, { objective: elboObjective() })).toEqual(await after(device, {}));
    const sampled = await after(device, { objective: elboObjective({ kl: "mc" }) });
    expect(await after(device, { objective: iwaeObjective({ samples: 1 }) })).toEqual(sampled);
  });

  test("with clip.norm, a step of plain gradient descent is no longer than learningRate·norm", async () => {
    const start = await after(device, {}, 0);
    const moved = async (norm: number): Promise<number> => {
      const { weights } = await after(device, { optimizer: sgd(), learningRate: 1, clip: { norm } }, 1);
      return Math.hypot(...weights.map((value, i) => value - start.weights[i]!));
    };
    expect(await moved(1e-3)).toBeCloseTo(1e-3, 5);
    expect(await moved(1e9)).toBeGreaterThan(0.1);
  });

  test("binarised pixels are drawn anew in every epoch, and the same ones when the run is repeated", async () => {
    const frozen = { learningRate: constant(0), binarise: true };
    const [first, again, second] = [await after(device, frozen, 3), await after(device, frozen, 3), await after(device, frozen, 6)];
    expect(again).toEqual(first);
    expect(second.weights).toEqual(first.weights);
    const total = (sums: TypedArray): number => sums[1]! + sums[4]! + sums[7]!;
    const grey = await after(device, { learningRate: constant(0) }, 3);
    expect(total(first.sums)).not.toBe(total(second.sums));
    // draws are right on average: 80·64 pixels, each off by at most |logit| ≤ 1 times a deviation of at most ½
    expect(Math.abs(total(first.sums) - total(grey.sums))).toBeLessThan(4 * 0.5 * Math.sqrt(80 * 64));
  });
});
