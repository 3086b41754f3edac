/** Which latents are dead, since when, and the verdict: the rule by hand, and on models whose latents are known. */
import { describe, expect, it, test } from "vitest";
import { dataset } from "../../src/data/dataset.ts";
import { type Collapse, collapse, collapseOf, CollapseWatch, type LatentUse, type Verdict } from "../../src/judge/collapse.ts";
import { evaluate } from "../../src/judge/evaluate.ts";
import { bernoulli } from "../../src/vae/likelihoods/bernoulli.ts";
import { mixture } from "../../src/vae/priors/mixture.ts";
import { Vae } from "../../src/vae/vae.ts";
import { onEachDevice } from "../support/conformance.ts";

const ALIVE: LatentUse = { kl: 0.5, varianceOfMean: 0.6 };
const DEAD: LatentUse = { kl: 0.001, varianceOfMean: 0.001 };

const model = (alive: number, dead: number): Collapse => collapseOf([...Array<LatentUse>(alive).fill(ALIVE), ...Array<LatentUse>(dead).fill(DEAD)]);

describe("a latent is dead", () => {
  it.each<[string, LatentUse, boolean]>([
    ["where it carries nothing and its mean stands still", DEAD, true],
    ["but not where its mean moves", { kl: 0.009, varianceOfMean: 0.011 }, false],
    ["and not where its variance alone does", { kl: 0.011, varianceOfMean: 0.009 }, false],
    ["and not at the thresholds themselves", { kl: 0.01, varianceOfMean: 0.01 }, false],
  ])("%s", (_, use, dead) => expect(collapseOf([ALIVE, use]).dead).toEqual(dead ? [1] : []));
});

describe("a model is", () => {
  it.each<[Verdict, alive: number, dead: number]>([
    ["healthy", 8, 0],
    ["partly", 7, 1],
    ["partly", 1, 7],
    ["collapsed", 0, 8],
    ["collapsed", 0, 1],
    ["partly", 1, 8],
    ["collapsed", 1, 9],
    ["collapsed", 5, 45],
    ["partly", 6, 44],
  ])("%s with %d latents alive and %d dead", (verdict, alive, dead) => expect(model(alive, dead).verdict).toBe(verdict));
});

describe("CollapseWatch", () => {
  const state = (...dead: number[]): Collapse => collapseOf([0, 1, 2].map((l) => (dead.includes(l) ? DEAD : ALIVE)));

  it("tells of a latent in the epoch in which it dies, and not of one that never lived", () => {
    const watch = new CollapseWatch();
    expect([state(0), state(0), state(0, 2), state(0, 2)].map((s, i) => watch.add(i + 1, s))).toEqual([[], [], [2], []]);
    expect([0, 1, 2].map((l) => watch.since(l))).toEqual([1, undefined, 3]);
  });

  it("counts from the last death of one that came back", () => {
    const watch = new CollapseWatch();
    const told = [state(1), state(), state(1), state(), state(), state(1)].map((s, i) => watch.add(i + 1, s));
    expect(told).toEqual([[], [], [1], [], [], [1]]);
    expect(watch.since(1)).toBe(6);
  });
});

await onEachDevice((device) => {
  test("collapse finds what each latent does on data, as evaluate does, and leaves memory as it was", async () => {
    const [rows, D, L] = [31, 6, 3];
    const data = dataset(
      device,
      Uint8Array.from({ length: rows * D }, (_, i) => (i * 71 + (i >> 2)) % 256),
      { columns: D, scale: 1 / 255 },
    );
    const vae = new Vae(device, { input: D, hidden: [5], latent: L, likelihood: bernoulli(), seed: 9, activation: "tanh" });
    const heads = vae.parameters.tensors.get("heads.weight")!;
    const bias = vae.parameters.tensors.get("heads.bias")!;
    // Mean 0 follows a hidden unit; mean 1 stands still at 0 with a variance of 1; mean 2 stands still, but far from 0.
    device.write(heads.slice, new Float64Array(heads.size).fill(2, 0, 1));
    device.write(bias.slice, Float64Array.of(0, 0, 1, 0, 0, 0));
    const { live } = device.memory();
    const found = await collapse(vae, data);
    expect(found).toMatchObject({ verdict: "partly", dead: [1] });
    expect(found.latents[0]!.varianceOfMean).toBeGreaterThan(0.01);
    expect(found.latents[1]).toEqual({ kl: 0, varianceOfMean: 0 });
    // ½·1², with no variance of the mean.
    expect(found.latents[2]).toEqual({ kl: 0.5, varianceOfMean: 0 });
    expect((await evaluate(vae, data)).collapse).toEqual(found);
    expect(device.memory().live).toBe(live);
    // Against a prior that is not N(0, I) only a mean that moves counts.
    const other = new Vae(device, { ...vae.config, prior: mixture({ components: 2 }) });
    for (const [name, { slice }] of vae.parameters.tensors) device.copy(slice, other.parameters.tensors.get(name)!.slice);
    expect((await collapse(other, data)).dead).toEqual([1, 2]);
    expect((await evaluate(other, data)).collapse.dead).toEqual([1, 2]);
    [vae, other, data].forEach((owner) => owner.dispose());
  });
});
