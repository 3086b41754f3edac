/** Every objective against differences of its own value, and the truths that relate them. */
import { describe, expect, test } from "vitest";
import { grad } from "../../../src/autodiff.ts";
import { CpuDevice } from "../../../src/device/cpu.ts";
import type { Device } from "../../../src/device/device.ts";
import { openDevice } from "../../../src/device/open.ts";
import { constant } from "../../../src/nn/schedules.ts";
import { normal } from "../../../src/ops/random_ops.ts";
import { key } from "../../../src/random.ts";
import { type Tensor, tensor } from "../../../src/tensor.ts";
import { bernoulli } from "../../../src/vae/likelihoods/bernoulli.ts";
import { gaussianLearned } from "../../../src/vae/likelihoods/gaussian_learned.ts";
import { elboObjective } from "../../../src/vae/objectives/elbo_objective.ts";
import { dregObjective, iwaeObjective } from "../../../src/vae/objectives/iwae_objective.ts";
import type { Loss, Objective } from "../../../src/vae/objectives/objective.ts";
import { Vae } from "../../../src/vae/vae.ts";
import { normals, onEachDevice } from "../../support/conformance.ts";

const [B, D, L] = [4, 6, 3];
const START = { step: 0, steps: 10, stepsPerEpoch: 5 };

const model = (device: Device): Vae => new Vae(device, { input: D, hidden: [5], latent: L, likelihood: bernoulli(), seed: 9, activation: "tanh" });
const batch = (device: Device): Tensor =>
  tensor(
    device,
    Float64Array.from({ length: B * D }, (_, i) => ((i * 7) % 10) / 10),
    [B, D],
  );

/** Larger weights than a new model has, so that its latents differ. */
function spread(vae: Vae): Map<string, Float64Array> {
  return new Map([...vae.parameters.tensors].map(([name, { shape }], i) => [name, Float64Array.from(normals(50 + i, shape, 0.7).data)]));
}

const directions = (vae: Vae): Map<string, Float64Array> =>
  new Map([...vae.parameters.tensors].map(([name, { shape }], i) => [name, Float64Array.from(normals(90 + i, shape).data)]));

/** Writes values + h·direction, of the parameters that `moves` says. */
function write(
  vae: Vae,
  values: Map<string, Float64Array>,
  direction: Map<string, Float64Array>,
  h: number,
  moves = (_: string): boolean => true,
): void {
  for (const [name, { slice }] of vae.parameters.tensors) {
    const step = moves(name) ? h : 0;
    vae.device.write(
      slice,
      values.get(name)!.map((value, i) => value + step * direction.get(name)![i]!),
    );
  }
}

const isEncoder = (name: string): boolean => name.startsWith("encoder.") || name.startsWith("heads.");

/** ⟨gradient, direction⟩ of the parameters that `moves` says. */
async function along(vae: Vae, loss: Loss, direction: Map<string, Float64Array>, moves = (_: string): boolean => true): Promise<number> {
  const parameters = [...vae.parameters.tensors];
  const gradients = grad(
    loss.objective,
    parameters.map(([, t]) => t),
  );
  let sum = 0;
  for (const [i, [name]] of parameters.entries()) {
    const values = await gradients[i]!.read();
    if (moves(name)) values.forEach((value, j) => (sum += value * direction.get(name)![j]!));
  }
  return sum;
}

const H = 1e-5;
/** Of the central difference in f64: rounding 2^-52/H = 2e-11 of a loss of some 10 nats, and H² of third derivatives. */
const TOLERANCE = 1e-6;

interface Setting {
  readonly vae: Vae;
  readonly values: Map<string, Float64Array>;
  readonly direction: Map<string, Float64Array>;
  loss(objective: Objective, beta?: number): Loss;
}

function setting(): Setting {
  const vae = model(new CpuDevice({ precision: "f64" }));
  const [values, direction, x] = [spread(vae), directions(vae), batch(vae.device)];
  write(vae, values, direction, 0);
  const loss = (objective: Objective, beta = 1): Loss => objective.loss(vae, x, { noise: key(4), scalars: objective.at(B, beta, START) });
  return { vae, values, direction, loss };
}

const value = async ({ objective }: Loss): Promise<number> => (await objective.read())[0]!;

describe("the gradient is the difference of the value, with", () => {
  test.each<[string, Objective, number]>([
    ["the analytic KL", elboObjective(), 1],
    ["three samples", elboObjective({ samples: 3 }), 1],
    ["another beta", elboObjective({ samples: 2 }), 0.3],
    ["the sampled KL", elboObjective({ kl: "mc", samples: 3 }), 1],
    ["another beta of the sampled KL", elboObjective({ kl: "mc" }), 2.5],
    ["free bits above the KL of some latents and below that of others", elboObjective({ freeBits: 0.6 }), 0.8],
    ["a capacity above the KL", elboObjective({ capacity: 30 }), 3],
    ["a capacity below the KL", elboObjective({ capacity: constant(0.5), samples: 2 }), 3],
    ["the importance-weighted bound", iwaeObjective({ samples: 5 }), 1],
  ])("%s", async (_, objective, beta) => {
    const { vae, values, direction, loss } = setting();
    const exact = await along(vae, loss(objective, beta), direction);
    write(vae, values, direction, H);
    const above = await value(loss(objective, beta));
    write(vae, values, direction, -H);
    const below = await value(loss(objective, beta));
    const numeric = (above - below) / (2 * H);
    expect(Math.abs(numeric)).toBeGreaterThan(0.1);
    expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(numeric)));
    await vae.device.close();
  });
});

/** mean, logVar, z and both terms of each sample, read and taken apart. */
async function terms(vae: Vae, z: ArrayLike<number>, meanLogVar: ArrayLike<number>, S: number): Promise<{ logWeights: number[][] }> {
  const rows = await vae.nll(tensor(vae.device, Float64Array.from(z), [S * B, L]), batch(vae.device)).read();
  const logWeights = Array.from({ length: B }, (_, b) =>
    Array.from({ length: S }, (_, s) => {
      let logWeight = -rows[s * B + b]!;
      for (let l = 0; l < L; l++) {
        const [at, mean, logVar] = [z[(s * B + b) * L + l]!, meanLogVar[b * 2 * L + l]!, meanLogVar[b * 2 * L + L + l]!];
        logWeight += -0.5 * at ** 2 + 0.5 * logVar + 0.5 * ((at - mean) ** 2 / Math.exp(logVar));
      }
      return logWeight;
    }),
  );
  return { logWeights };
}

const shares = (logWeights: readonly number[]): number[] => {
  const most = Math.max(...logWeights);
  const total = logWeights.reduce((sum, v) => sum + Math.exp(v - most), 0);
  return logWeights.map((v) => Math.exp(v - most) / total);
};

describe("the values", () => {
  test("of every objective are those of its formula", async () => {
    const { vae, loss } = setting();
    const S = 3;
    const { z, meanLogVar, kl } = vae.encode(batch(vae.device), key(4), { samples: S });
    const [zs, q, kls] = [await z.read(), await meanLogVar.read(), await kl.read()];
    const { logWeights } = await terms(vae, zs, q, S);
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b) / values.length;
    const nll = mean(Array.from(await vae.nll(z, batch(vae.device)).read()));
    const klOf = (b: number, l: number): number => {
      const [m, v] = [q[b * 2 * L + l]!, q[b * 2 * L + L + l]!];
      return 0.5 * (m ** 2 + Math.expm1(v) - v);
    };
    const perLatent = Array.from({ length: L }, (_, l) => mean(Array.from({ length: B }, (_, b) => klOf(b, l))));
    // just above the mean of the smallest, of which some rows are larger: means are compared, not rows
    const freeBits = 1.01 * Math.min(...perLatent);
    const smallest = perLatent.indexOf(Math.min(...perLatent));
    expect(Math.max(...perLatent)).toBeGreaterThan(freeBits);
    expect(Math.max(...Array.from({ length: B }, (_, b) => klOf(b, smallest)))).toBeGreaterThan(1.1 * freeBits);
    const bound = mean(logWeights.map((row) => Math.log(mean(row.map(Math.exp)))));
    const expected: [Objective, number, number][] = [
      [elboObjective({ samples: S }), 0.7, nll + 0.7 * mean(Array.from(kls))],
      [elboObjective({ samples: S, kl: "mc" }), 1, -mean(logWeights.flat())],
      [elboObjective({ samples: S, freeBits }), 0.7, nll + 0.7 * perLatent.reduce((sum, v) => sum + Math.max(v, freeBits), 0)],
      [elboObjective({ samples: S, capacity: 9 }), 0.7, nll + 0.7 * Math.abs(mean(Array.from(kls)) - 9)],
      [iwaeObjective({ samples: S }), 1, -bound],
      [dregObjective({ samples: S }), 1, -bound],
    ];
    for (const [objective, beta, want] of expected) expect(await value(loss(objective, beta)), objective.name).toBeCloseTo(want, 10);
    await vae.device.close();
  });

  test("change with the schedule of the capacity", () => {
    const objective = elboObjective({ capacity: ({ step }) => step });
    expect(objective.at(B, 2, { ...START, step: 7 })).toEqual({ nllWeight: 1 / B, klWeight: 2, capacity: 7 });
  });
});

describe("the doubly reparameterised gradient", () => {
  test("is by the decoder that of the bound", async () => {
    const { vae, direction, loss } = setting();
    const isDecoder = (name: string): boolean => !isEncoder(name);
    const [iwae, dreg] = [iwaeObjective({ samples: 5 }), dregObjective({ samples: 5 })];
    const want = await along(vae, loss(iwae), direction, isDecoder);
    expect(Math.abs(want)).toBeGreaterThan(0.1);
    expect(await along(vae, loss(dreg), direction, isDecoder)).toBeCloseTo(want, 12);
    await vae.device.close();
  });

  test("is by the encoder the derivative of log w through z alone, with squared weights", async () => {
    const { vae, values, direction, loss } = setting();
    const S = 5;
    const exact = await along(vae, loss(dregObjective({ samples: S })), direction, isEncoder);
    const encoded = vae.encode(batch(vae.device), key(4), { samples: S });
    const q = await encoded.meanLogVar.read();
    const weights = (await terms(vae, await encoded.z.read(), q, S)).logWeights.map(shares);
    // z moves with the encoder, the decoder and the density of q stay where they are
    const moved = async (h: number): Promise<number> => {
      write(vae, values, direction, h, isEncoder);
      const z = await vae.encode(batch(vae.device), key(4), { samples: S }).z.read();
      write(vae, values, direction, 0);
      const { logWeights } = await terms(vae, z, q, S);
      return -logWeights.reduce((sum, row, b) => sum + row.reduce((inner, v, s) => inner + weights[b]![s]! ** 2 * v, 0), 0) / B;
    };
    const numeric = ((await moved(H)) - (await moved(-H))) / (2 * H);
    expect(Math.abs(numeric)).toBeGreaterThan(0.01);
    expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(numeric)));
    expect(Math.abs(exact - (await along(vae, loss(iwaeObjective({ samples: S })), direction, isEncoder)))).toBeGreaterThan(0.01);
    await vae.device.close();
  });
});

await onEachDevice((device) => {
  test("with one sample the importance-weighted bound is the sampled ELBO to the bit, value and gradients", async () => {
    const [vae, x] = [model(device), batch(device)];
    const results = [];
    for (const objective of [elboObjective({ kl: "mc" }), iwaeObjective({ samples: 1 })]) {
      const loss = objective.loss(vae, x, { noise: key(4) });
      const gradients = grad(loss.objective, [...vae.parameters.tensors.values()]);
      const values = [await loss.objective.read(), ...(await Promise.all(gradients.map((g) => g.read())))];
      results.push(values);
    }
    expect(results[0]![0]![0]).toBeGreaterThan(1);
    expect(results[1]).toEqual(results[0]);
    vae.dispose();
  });

  test("a mean over rows that f32 can hold is found where their sum is more than it can", async () => {
    const [vae, x] = [model(device), batch(device)];
    device.write(vae.parameters.tensors.get("heads.weight")!.slice, new Float64Array(5 * 2 * L));
    device.write(vae.parameters.tensors.get("heads.bias")!.slice, Float64Array.of(1.4e19, 1.4e19, 1e19, 0, 0, 0));
    const penalties = [elboObjective({ capacity: 2 }), elboObjective({ freeBits: 0.5 })];
    const sampled = [elboObjective({ samples: 3 }), elboObjective({ kl: "mc", samples: 3 }), iwaeObjective({ samples: 3 })];
    for (const objective of [...sampled, ...penalties]) {
      const got = await value(objective.loss(vae, x, { noise: key(4) }));
      expect(Math.abs(got / 2.46e38 - 1), JSON.stringify(objective.options)).toBeLessThan(1e-5);
    }
    vae.dispose();
  });
});

/** Mean and its standard error. */
function estimate(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((a, b) => a + b) / values.length;
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

describe("on a fixed model", () => {
  const draws = 200;

  test("the bound rises with the number of samples", async () => {
    const device = await openDevice("cpu");
    const vae = model(device);
    write(vae, spread(vae), directions(vae), 0);
    const x = batch(device);
    const all = Float64Array.from(normals(7, [draws, 50 * B * L]).data);
    const negBounds = async (S: number): Promise<number[]> => {
      const means = [];
      for (let i = 0; i < draws; i++) {
        const noise = tensor(device, all.slice(i * 50 * B * L, (i * 50 + S) * B * L), [S * B, L]);
        const loss = iwaeObjective({ samples: S }).loss(vae, x, { noise, parameters: vae.parameters.frozen() });
        means.push((await loss.objective.read())[0]!);
      }
      return means;
    };
    const byS = [await negBounds(1), await negBounds(2), await negBounds(5), await negBounds(50)];
    for (const [i, fewer] of byS.slice(0, -1).entries()) {
      const { mean, error } = estimate(fewer.map((v, j) => v - byS[i + 1]![j]!));
      expect(mean, `from S number ${i} to the next, ± ${error}`).toBeGreaterThan(3 * error);
    }
    await device.close();
  });

  test("both gradients of the bound have one mean, and the doubly reparameterised one by the encoder a smaller variance", async () => {
    const device = await openDevice("cpu");
    const vae = model(device);
    write(vae, spread(vae), directions(vae), 0);
    const x = batch(device);
    const encoder = [...vae.parameters.tensors].filter(([name]) => isEncoder(name)).map(([, t]) => t);
    const gradientsOf = async (objective: Objective): Promise<number[][]> => {
      const all = [];
      for (let i = 0; i < draws; i++) {
        const gradients = device.scope(() => grad(objective.loss(vae, x, { noise: key(1000 + i) }).objective, encoder));
        all.push((await Promise.all(gradients.map((g) => g.read()))).flatMap((g) => Array.from(g)));
        gradients.forEach((g) => g.dispose());
      }
      return all;
    };
    const [iwae, dreg] = [await gradientsOf(iwaeObjective({ samples: 10 })), await gradientsOf(dregObjective({ samples: 10 }))];
    const meanOf = (rows: readonly number[][], at: number): number => rows.reduce((sum, row) => sum + row[at]!, 0) / draws;
    const spreadOf = (rows: readonly number[][]): number[] => {
      const means = rows[0]!.map((_, at) => meanOf(rows, at));
      return rows.map((row) => row.reduce((sum, v, at) => sum + (v - means[at]!) ** 2, 0));
    };
    const [wide, narrow] = [spreadOf(iwae), spreadOf(dreg)];
    const gain = estimate(wide.map((v, i) => v - narrow[i]!));
    expect(gain.mean, `± ${gain.error}`).toBeGreaterThan(3 * gain.error);
    // along one direction chosen beforehand
    const direction = normals(12, [iwae[0]!.length]).data;
    const along = (row: readonly number[]): number => row.reduce((sum, v, at) => sum + v * direction[at]!, 0);
    const difference = estimate(iwae.map((row, i) => along(row) - along(dreg[i]!)));
    expect(Math.abs(difference.mean), `± ${difference.error}`).toBeLessThan(4 * difference.error);
    await device.close();
  });
});

describe("bad input", () => {
  test.each<[() => unknown, string]>([
    [() => iwaeObjective({ samples: 0 }), "iwae: samples is a whole number of at least 1, got 0"],
    [() => dregObjective({ samples: 1.5 }), "dreg: samples is a whole number of at least 1, got 1.5"],
    [() => elboObjective({ samples: -1 }), "elbo: samples is a whole number of at least 1, got -1"],
    [() => elboObjective({ kl: "exact" as "mc" }), 'elbo: kl is "analytic" or "mc", got "exact"'],
    [() => elboObjective({ freeBits: -0.1 }), "elbo: freeBits is a number of at least 0, got -0.1"],
    [() => elboObjective({ capacity: NaN }), "elbo: capacity is a number of at least 0, got NaN"],
    [() => elboObjective({ freeBits: 1, kl: "mc" }), 'elbo: freeBits is for the analytic KL, got kl "mc" (leave one of them out)'],
    [
      () => elboObjective({ freeBits: 1, capacity: 2 }),
      "elbo: freeBits and capacity each take the place of the KL, got both (leave one of them out)",
    ],
  ])("is refused in one line: %#", (make, message) => {
    expect(make).toThrow(new RangeError(message));
  });

  test("of a batch without rows, or of noise of another shape, leaves the device usable", async () => {
    const device = await openDevice("cpu");
    const vae = model(device);
    const objective = iwaeObjective({ samples: 2 });
    expect(() => objective.loss(vae, tensor(device, [], [0, D]), { noise: key(0) })).toThrow("iwae: x has at least one row, got none");
    expect(() => objective.loss(vae, batch(device), { noise: normal(device, [B, L], key(0)) })).toThrow("heads: noise has shape [8, 3], got [4, 3]");
    expect((await objective.loss(vae, batch(device), { noise: key(0) }).objective.read())[0]).toBeGreaterThan(0);
    await device.close();
  });
});

test("a likelihood with parameters of its own gets their gradient through the weights", async () => {
  const device = new CpuDevice({ precision: "f64" });
  const vae = new Vae(device, { input: D, hidden: [5], latent: L, likelihood: gaussianLearned({ floor: 0 }), seed: 9 });
  const logVar = vae.parameters.tensors.get("likelihood.logVar")!;
  const loss = (): Loss => iwaeObjective({ samples: 4 }).loss(vae, batch(device), { noise: key(4) });
  const [gradient] = grad(loss().objective, [logVar]);
  const exact = Array.from(await gradient!.read()).reduce((a, b) => a + b);
  const at = async (h: number): Promise<number> => {
    device.write(logVar.slice, new Float64Array(D).fill(h));
    return value(loss());
  };
  const numeric = ((await at(H)) - (await at(-H))) / (2 * H);
  expect(Math.abs(exact - numeric)).toBeLessThanOrEqual(TOLERANCE * Math.max(1, Math.abs(numeric)));
  await device.close();
});
