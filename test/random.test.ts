import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { word } from "../src/kernel.ts";
import { normal, randomBits, uniform } from "../src/ops/random_ops.ts";
import { forEachBits, key, normalOf, permutation, philox, uniformOf } from "../src/random.ts";
import { onEachDevice } from "./support/conformance.ts";
import { golden } from "./support/golden.ts";

interface Vector {
  readonly counter: readonly [number, number, number, number];
  readonly key: readonly [number, number];
  readonly out: readonly number[];
}

const vectors = golden<{ known_answers: Vector[]; more: Vector[] }>("rng_kat.json");

function block(counter: Vector["counter"], words: readonly [number, number]): number[] {
  const out = new Uint32Array(4);
  philox(...counter, ...words, out);
  return [...out];
}

function bitsOf(words: readonly [number, number], n: number): number[] {
  const bits: number[] = [];
  forEachBits(...words, n, (_, value) => bits.push(value));
  return bits;
}

describe("philox", () => {
  it.each([...vectors.known_answers, ...vectors.more])("gives the known answer for counter $counter and key $key", (vector) => {
    expect(block(vector.counter, vector.key)).toEqual(vector.out);
  });

  it("gives elements 4i … 4i+3 from block i, and a stream is a beginning of every longer one", () => {
    const long = bitsOf([7, 8], 100);
    expect(long.slice(40, 44)).toEqual(block([10, 0, 0, 0], [7, 8]));
    expect(bitsOf([7, 8], 41)).toEqual(long.slice(0, 41));
  });
});

describe("key", () => {
  it("holds the seed in two words", () => {
    expect(key(0).words).toEqual([0, 0]);
    expect(key(3 * 2 ** 32 + 5).words).toEqual([5, 3]);
    expect(key(2 ** 53 - 1).words).toEqual([0xffffffff, 0x1fffff]);
  });

  it("folds and splits by Philox at the counter [n, n >> 32, 0, 1]", () => {
    expect(key(42).fold(7).words).toEqual(block([7, 0, 0, 1], [42, 0]).slice(0, 2));
    expect(key(42).fold(2 ** 32 + 1).words).toEqual(block([1, 1, 0, 1], [42, 0]).slice(0, 2));
    expect(
      key(42)
        .split()
        .map(({ words }) => words),
    ).toEqual([key(42).fold(0).words, key(42).fold(1).words]);
  });

  it("has known answers", () => {
    expect([key(0).fold(0).words, key(1).fold(2).words, key(0).split()[1].words]).toEqual([
      [768504805, 323543615],
      [1027686878, 2533987581],
      [3914554339, 1359758665],
    ]);
  });

  it.each([-1, 0.5, NaN, 2 ** 53])("refuses the seed %d", (seed) => {
    expect(() => key(seed)).toThrow(`key: seed is a whole number from 0 to 2^53 − 1, got ${seed}`);
    expect(() => key(0).fold(seed)).toThrow(RangeError);
  });

  it("gives different streams for different folds", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uniqueArray(fc.maxSafeNat(), { minLength: 2, maxLength: 2 }), (seed, [m, n]) => {
        expect(key(seed).fold(m!).words).not.toEqual(key(seed).fold(n!).words);
      }),
    );
  });
});

describe("distributions", () => {
  it("are uniform in (0, 1), exact in f32 and symmetric", () => {
    expect([uniformOf(0), uniformOf(0xffffffff)]).toEqual([2 ** -24, 1 - 2 ** -24]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffffff }), (bits) => {
        const u = uniformOf(bits);
        expect(Math.fround(u)).toBe(u);
        expect(uniformOf(~bits >>> 0)).toBe(1 - u);
        expect(normalOf(~bits >>> 0)).toBe(-normalOf(bits));
      }),
    );
  });

  it("have the moments of a standard normal, within five standard errors", () => {
    const n = 200_000;
    const powers = [0, 0, 0, 0];
    forEachBits(1, 2, n, (_, bits) => powers.forEach((_, p) => (powers[p]! += normalOf(bits) ** (p + 1) / n)));
    [0, 1, 0, 3].forEach((moment, p) => expect(Math.abs(powers[p]! - moment)).toBeLessThan(5 * Math.sqrt([1, 2, 15, 96][p]! / n)));
  });

  it("reach the quantiles of a standard normal", () => {
    const quantile = (u: number): number => normalOf(Math.floor(u * 2 ** 23) * 512);
    expect(quantile(0.975)).toBeCloseTo(1.959964, 5);
    expect(quantile(0.5)).toBeCloseTo(0, 6);
    expect(quantile(0.001)).toBeCloseTo(-3.090232, 4);
  });
});

describe("permutation", () => {
  it("holds each number once, and differs by key", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 500 }), (seed, n) => {
        expect([...permutation(key(seed), n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
    );
    expect(permutation(key(1), 100)).not.toEqual(permutation(key(2), 100));
    expect(permutation(key(1), 100)).toEqual(permutation(key(1), 100));
  });

  it("puts each element first equally often", () => {
    const first = [0, 0, 0, 0];
    for (let seed = 0; seed < 4000; seed++) first[permutation(key(seed), 4)[0]!]!++;
    const chiSquared = first.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
    expect(chiSquared).toBeLessThan(16.3); // one in a thousand, three degrees of freedom
  });
});

await onEachDevice((device) => {
  it.each([0, 1, 4, 63, 64, 65, 1023, 4099])("draws %i bits and uniforms of a key, equal to the last bit", async (n) => {
    const source = key(123).fold(n);
    const bits = bitsOf(source.words, n);
    expect(Array.from(await randomBits(device, [n], source).read())).toEqual(bits);
    expect(Array.from(await uniform(device, [n], source).read())).toEqual(bits.map(uniformOf));
  });

  it("draws normals that agree within 2^-20·(1 + |z|)", async () => {
    const source = key(2 ** 40 + 9);
    const got = await normal(device, [100, 1001], source).read();
    const want = bitsOf(source.words, got.length).map(normalOf);
    expect(want.findIndex((z, i) => !(Math.abs(got[i]! - z) <= 2 ** -20 * (1 + Math.abs(z))))).toBe(-1);
  });

  it("takes the words of a key from the step row", async () => {
    const source = key(77);
    const [k0, k1] = source.words;
    let drawn = uniform(device, [10], key(0));
    device.step({ k0: "u32", k1: "u32" }, { k0, k1 }, () => {
      drawn = uniform(device, [10], { words: [word("k0"), word("k1")] });
    });
    expect(await drawn.read()).toEqual(await uniform(device, [10], source).read());
  });

  it("draws constants", () => {
    expect([uniform, normal, randomBits].map((draw) => draw(device, [2], key(0)).tracked)).toEqual([false, false, false]);
    expect(() => uniform(device, [-1], key(0))).toThrow("uniform: dimensions are whole numbers of at least 0, got [-1]");
  });
});
