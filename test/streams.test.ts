import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CpuDevice } from "../src/device/cpu.ts";
import { forEachBits, type Key, key, normalOf, philox } from "../src/random.ts";
import { streams } from "../src/streams.ts";
import { bernoulli } from "../src/vae/likelihoods/bernoulli.ts";
import { mixture } from "../src/vae/priors/mixture.ts";
import { Vae } from "../src/vae/vae.ts";

type Purpose = (...of: readonly (number | Key)[]) => Key;

const table = Object.entries(streams) as unknown as readonly (readonly [name: string, purpose: Purpose])[];
const SEEDS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const LAYERS = [0, 1, 2, 3, 4];

/** What the purposes are given that take a key: that of a program's own seed, and those of the table. */
const given: Readonly<Record<string, (seed: number) => readonly Key[]>> = {
  weight: (seed) => [key(seed), ...LAYERS.map((i) => streams.layer(seed, i))],
  bias: (seed) => [key(seed), ...LAYERS.map((i) => streams.layer(seed, i))],
  latents: (seed) => [key(seed), streams.picture(seed)],
  pixels: (seed) => [key(seed), streams.picture(seed)],
  component: (seed) => [key(seed), streams.latents(key(seed))],
  componentNoise: (seed) => [key(seed), streams.latents(key(seed))],
  operand: (seed) => [key(seed)],
  latentClassDraws: (seed) => [key(seed)],
};

/** Epochs, steps, rows …: the first thousand of one number, or of pairs. */
function places(numbers: number): readonly (readonly number[])[] {
  if (numbers === 0) return [[]];
  return Array.from({ length: 1000 }, (_, i) => (numbers === 1 ? [i] : [Math.floor(i / 40), i % 40]));
}

/** The keys of a purpose, each with its name. */
function keysOf(name: string, purpose: Purpose): readonly (readonly [name: string, key: Key])[] {
  if (purpose.length === 0) return [[name, purpose()]];
  return SEEDS.flatMap((seed) =>
    (given[name]?.(seed) ?? [seed]).flatMap((root, i) =>
      places(purpose.length - 1).map((place) => [`${name} of seed ${seed}, root ${i}, place ${place.join(", ")}`, purpose(root, ...place)] as const),
    ),
  );
}

const correlation = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const n = Math.min(a.length, b.length);
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa * bb);
};

function normals({ words }: Key, n: number): Float64Array {
  const values = new Float64Array(n);
  forEachBits(...words, n, (i, bits) => (values[i] = normalOf(bits)));
  return values;
}

describe("the streams of random numbers", () => {
  it("have the keys that the page on Philox states: a domain for each purpose, and a fold for a second number", () => {
    const block = (counter: readonly [number, number, number, number], words: readonly [number, number]): [number, number] => {
      const out = new Uint32Array(4);
      philox(...counter, ...words, out);
      return [out[0]!, out[1]!];
    };
    expect(streams.noise(42, 7).words).toEqual(block([7, 0, 6, 1], [42, 0]));
    expect(streams.noise(2 ** 32 + 5, 2 ** 33 + 1).words).toEqual(block([1, 2, 6, 1], [5, 1]));
    expect(streams.latents(key(3).fold(1)).words).toEqual(block([0, 0, 11, 1], key(3).fold(1).words));
    expect(streams.importanceNoise(4, 2, 3).words).toEqual(block([3, 0, 0, 1], block([2, 0, 10, 1], [4, 0])));
  });

  it("have known answers", () => {
    expect([streams.layer(0, 0).words, streams.noise(0, 1000).words, streams.latents(key(3)).words]).toEqual([
      [3739037121, 2400822362],
      [2969472632, 3543214163],
      [880245598, 1040680547],
    ]);
  });

  it("have different keys for all purposes, seeds, epochs, steps and rows, and none that a program makes of a seed by fold", () => {
    const own = SEEDS.flatMap((seed) => [
      [`key(${seed})`, key(seed)] as const,
      ...places(1).map(([n]) => [`key(${seed}).fold(${n})`, key(seed).fold(n!)] as const),
      ...places(2).map(([n, m]) => [`key(${seed}).fold(${n}).fold(${m})`, key(seed).fold(n!).fold(m!)] as const),
    ]);
    const names = new Map<string, string>();
    for (const [name, { words }] of [...table.flatMap(([purpose, of]) => keysOf(purpose, of)), ...own]) {
      const other = names.get(words.join());
      if (other !== undefined) expect.fail(`${name} and ${other} are one key`);
      names.set(words.join(), name);
    }
    expect(names.size).toBeGreaterThan(100_000);
  });

  it("give one seed's purposes numbers that do not correlate, such as the weights of the heads and the noise of the first step", async () => {
    const device = new CpuDevice();
    const vae = new Vae(device, { input: 4, hidden: [100], latent: 20, likelihood: bernoulli(), prior: mixture({ components: 100 }), seed: 1 });
    const weights = await Promise.all([...vae.parameters.tensors].filter(([name]) => /weight|means/.test(name)).map(([, tensor]) => tensor.read()));
    const n = 2000;
    const drawn = [
      streams.noise(1, 0),
      streams.validationNoise(1, 0),
      streams.binarisation(1, 0),
      streams.evaluationNoise(1, 0),
      streams.importanceNoise(1, 0, 0),
      streams.latents(key(1)),
      streams.pixels(key(1)),
    ].map((of) => normals(of, n));
    const all = [...weights, ...drawn];
    for (const [i, a] of all.entries()) {
      for (const b of all.slice(0, i)) {
        expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(Math.min(a.length, b.length, n)));
      }
    }
  });

  it("are made in one table: no other file makes a key of a key, or one of a number that stands in it", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const making = files.filter((file) => /\.fold\(|\.split\(\)|\bkeyIn\(|\bkey\(\d/.test(readFileSync(`src/${file}`, "utf8")));
    expect(making.sort()).toEqual(["random.ts", "streams.ts"]);
  });
});
