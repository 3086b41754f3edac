/** The accuracy table of elbograd/lab: its inputs are spread over all of f32, and an error is found where it is. */
import { describe, expect, it } from "vitest";
import { type DeviceName, openDevice } from "../../../src/device/open.ts";
import type { Kernel } from "../../../src/kernel.ts";
import { accuracyInputs, accuracyNames, accuracyReference, measureAccuracy } from "../../../src/lab/check/accuracy.ts";
import { unaryKernel } from "../../../src/ops/unary_op.ts";
import { unaryTable } from "../../../src/ops/unary_rows.ts";
import { onEachDevice } from "../../support/conformance.ts";

const inputs = accuracyInputs();
/** Every sign and exponent still, with 32 mantissas each. */
const few = inputs.filter((_, i) => i % 256 === 0 || i % 8192 === 5);

it("knows every function of the table, and what WGSL promises of it", async () => {
  expect(accuracyNames).toEqual(Object.keys(unaryTable));
  const device = await openDevice("cpu");
  const one = Float32Array.of(1);
  for (const name of accuracyNames) {
    for (const { promise } of await measureAccuracy(device, name, one, accuracyReference(name, one))) expect(promise, name).not.toBe("");
  }
  await device.close();
});

describe("the inputs", () => {
  it("are 2^22, with every sign and exponent equally often, both zeros and both infinities", () => {
    const bits = new Uint32Array(inputs.buffer);
    expect(bits).toHaveLength(2 ** 22);
    const exponents = new Uint32Array(512);
    let rising = true;
    bits.forEach((b, i) => {
      exponents[b >>> 23]!++;
      rising &&= i === 0 || b > bits[i - 1]!;
    });
    expect(rising, "no input is there twice").toBe(true);
    expect(new Set(exponents)).toEqual(new Set([8192]));
    const powers = new Set(inputs.filter((_, i) => i % 8192 === 0));
    expect([0, Infinity, -Infinity, 1, -2].every((x) => powers.has(x))).toBe(true);
    expect(bits[2 ** 21]).toBe(0x80000000); // −0
  });
});

await onEachDevice((device) => {
  it("finds only roundings in the functions that WGSL computes exactly or rounds once", async () => {
    for (const name of ["neg", "abs", "relu", "clamp", "square", "leakyRelu"]) {
      const [{ ulps, error } = { ulps: NaN, error: NaN }] = await measureAccuracy(device, name, few, accuracyReference(name, few));
      expect(ulps, name).toBeLessThanOrEqual(0.5);
      expect(error === 0, name).toBe(ulps === 0);
    }
  });

  it("stays within WGSL's promise for exp, 3 + 2|x| ulp, and for the sine near 0", async () => {
    const [found] = await measureAccuracy(device, "exp", few, accuracyReference("exp", few));
    expect(found!.ulps).toBeLessThanOrEqual(3 + 2 * Math.abs(found!.ulpsAt));
    const [near, far] = await measureAccuracy(device, "sin", few, accuracyReference("sin", few));
    expect(near!.error).toBeLessThanOrEqual(2 ** -11);
    expect(Math.abs(near!.errorAt)).toBeLessThanOrEqual(Math.PI);
    expect(Math.abs(far!.errorAt)).toBeGreaterThan(Math.PI);
  });

  it("finds the one place where a function is wrong", async () => {
    const exp = unaryTable["exp"]!;
    const wgsl = {
      ...exp.wgsl,
      source: "fn f(x: f32) -> f32 { return select(exp(x), 1.0, x == 2.0); } fn df(x: f32, y: f32) -> f32 { return y; }",
    };
    const wrong = unaryKernel({ ...exp, f: (x) => (x === 2 ? 1 : Math.exp(x)), wgsl }) as unknown as Kernel;
    const replaced = await openDevice(device.name as DeviceName, { replace: { exp: wrong } });
    try {
      const finite = few.filter((x) => Number.isFinite(x));
      const [found] = await measureAccuracy(replaced, "exp", finite, accuracyReference("exp", finite));
      expect(found).toMatchObject({ ulpsAt: 2 });
      expect(found!.ulps).toBeGreaterThan(1e6);
    } finally {
      await replaced.close();
    }
  });
});
