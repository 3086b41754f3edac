import fc from "fast-check";
import { expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { type TypedArray, word } from "../../src/kernel.ts";
import { clipByNorm, clipByValue } from "../../src/nn/clip.ts";
import { Parameters } from "../../src/nn/parameters.ts";
import { normals, onEachDevice } from "../support/conformance.ts";

/** Clips a gradient, and reads it with its padding. */
async function clipped(device: Device, gradient: TypedArray, clip: (parameters: Parameters) => void): Promise<TypedArray> {
  const parameters = new Parameters(device, [{ name: "p", shape: [gradient.length], values: new Float32Array(gradient.length) }]);
  device.write(parameters.gradients[0]!.slice, gradient);
  clip(parameters);
  const flat = await device.read(parameters.gradient);
  parameters.dispose();
  expect(
    [...flat.subarray(gradient.length)].every((value) => value === 0),
    "the padding is zero",
  ).toBe(true);
  return flat.subarray(0, gradient.length);
}

/** √(Σ x²), in f64, which no square of an f32 overflows. */
function norm(x: TypedArray): number {
  let sum = 0;
  for (const value of x) sum += value ** 2;
  return Math.sqrt(sum);
}

/**
 * The relative error of a clipped element. A lane adds up the squares of K elements of its block, and 8 sums of pairs follow, once for the
 * blocks and once for their norms; a root halves the error of its sum, and a product, a quotient and a root take a few ulp each.
 */
function tolerance(n: number): number {
  const K = Math.ceil(Math.min(n, Math.max(4096, n / 256)) / 256);
  return (K / 2 + 32) * 2 ** -23;
}

// Squares of the largest overflow in f32, those of the smallest vanish; the smallest numbers of all may be flushed to 0 by a GPU.
const element = fc
  .tuple(fc.float({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -60, max: 90 }))
  .map(([x, exponent]) => (Math.abs(x) < 2 ** -20 ? 0 : x * 2 ** exponent));
const gradients = fc.array(element, { minLength: 1, maxLength: 300 }).map((values) => Float32Array.from(values));
const limits = fc.integer({ min: -20, max: 40 }).map((exponent) => 1.5 * 2 ** exponent);

await onEachDevice((device) => {
  test("after clipByNorm the norm is at most the limit and the direction the same", async () => {
    await fc.assert(
      fc.asyncProperty(gradients, limits, async (gradient, limit) => {
        const got = await clipped(device, gradient, (parameters) => clipByNorm(parameters, limit));
        const factor = Math.min(1, limit / (norm(gradient) + 1e-6));
        expect(norm(got)).toBeLessThanOrEqual(limit * (1 + tolerance(gradient.length)));
        got.forEach((value, i) => {
          const want = factor * gradient[i]!;
          expect(Math.abs(value - want), `${value}, want ${want}`).toBeLessThanOrEqual(tolerance(gradient.length) * Math.abs(want) + 1.2e-38);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("the norm counts as 1e-6 more than it is, as in PyTorch, which is most of what is seen of a tiny one", async () => {
    const got = await clipped(device, Float32Array.of(3e-7, 4e-7), (parameters) => clipByNorm(parameters, 1e-6));
    // 1e-6/(5e-7 + 1e-6) of a gradient that is smaller than the limit
    got.forEach((value, i) => expect(Math.abs(value / [2e-7, (2 / 3) * 4e-7][i]! - 1)).toBeLessThan(tolerance(2)));
  });

  test("below the limit clipByNorm changes no bit", async () => {
    await fc.assert(
      fc.asyncProperty(gradients, async (gradient) => {
        const limit = norm(gradient) * 1.001 + 2e-6;
        expect(await clipped(device, gradient, (parameters) => clipByNorm(parameters, limit))).toEqual(gradient);
      }),
      { numRuns: 30 },
    );
  });

  test.each([63, 64, 65, 4096, 4097, 10_007, 1_100_003])("clipByNorm of %i elements agrees with f64, and repeats to the bit", async (n) => {
    const some = normals(n, [1009]).data;
    const gradient = Float32Array.from({ length: n }, (_, i) => some[i % 1009]! * (i % 3 === 0 ? 100 : 1));
    const clip = (parameters: Parameters): void => clipByNorm(parameters, 2);
    const got = await clipped(device, gradient, clip);
    const factor = 2 / (norm(gradient) + 1e-6);
    let worst = 0;
    gradient.forEach((value, i) => (worst = Math.max(worst, Math.abs(got[i]! / (factor * value) - 1))));
    expect(factor).toBeLessThan(1);
    expect(worst).toBeLessThanOrEqual(tolerance(n));
    const again = await clipped(device, gradient, clip);
    expect(again.every((value, i) => value === got[i])).toBe(true);
  });

  test("the norm is that of all parameters together", async () => {
    const specs = ["a", "b"].map((name) => ({ name, shape: [1], values: Float32Array.of(0) }));
    const parameters = new Parameters(device, specs);
    parameters.gradients.forEach(({ slice }, i) => device.write(slice, Float32Array.of(i === 0 ? 3 : 4)));
    clipByNorm(parameters, 1);
    const [a, b] = await Promise.all(parameters.gradients.map((gradient) => gradient.read()));
    expect(a![0]).toBeCloseTo(0.6, 6);
    expect(b![0]).toBeCloseTo(0.8, 6);
    parameters.dispose();
  });

  test("infinity is not hidden by clipByNorm, and NaN spreads to all but the zeros", async () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      for (const at of [0, 4095, 4096, 4999]) {
        const gradient = new Float32Array(5000).fill(1);
        gradient.set([0], 7);
        gradient.set([bad], at);
        const got = await clipped(device, gradient, (parameters) => clipByNorm(parameters, 1));
        expect(got[at], `${bad} at ${at}`).toBeNaN();
        expect(got[7]).toBe(0);
        if (Number.isNaN(bad)) expect(got.filter(Number.isNaN)).toHaveLength(4999);
      }
    }
  });

  test("blocks of zeros have norm 0, and zeros stay zero", async () => {
    const clip = (parameters: Parameters): void => clipByNorm(parameters, 1);
    expect(await clipped(device, new Float32Array(70), clip)).toEqual(new Float32Array(70));
    const gradient = new Float32Array(5000).fill(8, 4992, 4996);
    const got = await clipped(device, gradient, clip);
    got.forEach((value, i) => expect(value, `element ${i}`).toBeCloseTo(gradient[i]! / 16, 6));
    expect(got.filter((value) => value !== 0)).toHaveLength(4);
  });

  test("clipByValue limits what lies beyond and changes no bit of the rest, NaN included", async () => {
    await fc.assert(
      fc.asyncProperty(gradients, limits, async (gradient, limit) => {
        const got = await clipped(device, gradient, (parameters) => clipByValue(parameters, limit));
        expect(got).toEqual(gradient.map((value) => Math.min(Math.max(value, -limit), limit)));
      }),
      { numRuns: 30 },
    );
    const special = Float32Array.of(NaN, Infinity, -Infinity, 2, -2, 0.5);
    expect([...(await clipped(device, special, (parameters) => clipByValue(parameters, 2)))]).toEqual([NaN, 2, -2, 2, -2, 0.5]);
  });

  test("the limits may come from the step row of a captured step", async () => {
    const parameters = new Parameters(device, [{ name: "p", shape: [2], values: new Float32Array(2) }]);
    const slice = parameters.gradients[0]!.slice;
    const layout = { limit: "f32", value: "f32" } as const;
    const step = device.capture(layout, () => {
      clipByNorm(parameters, word("limit"));
      clipByValue(parameters, word("value"));
    });
    for (const [limit, value, want] of [
      [10, 10, [6, 8]],
      [5, 10, [3, 4]],
      [5, 3.5, [3, 3.5]],
    ] as const) {
      device.write(slice, Float32Array.of(6, 8));
      step.replay([{ limit: limit * (1 + 1e-6), value }]);
      (await device.read(slice)).forEach((got, i) => expect(got).toBeCloseTo(want[i]!, 5));
    }
    step.dispose();
    parameters.dispose();
  });
});
