import { describe, expect, it } from "vitest";
import { newStep, normalStep } from "../../../src/judge/latent_classes/normal_step.ts";

/** The mean of t^power·φ(t)/φ(z) over z ± width/2, by Simpson's rule of many parts. */
function moment(z: number, width: number, power: number): number {
  const parts = 4000;
  let sum = 0;
  for (let i = 0; i <= parts; i++) {
    const t = z + width * (i / parts - 0.5);
    sum += (i === 0 || i === parts ? 1 : i % 2 === 1 ? 4 : 2) * t ** power * Math.exp(0.5 * (z * z - t * t));
  }
  return sum / (3 * parts);
}

describe("the normal distribution within a step", () => {
  const places = [0, 0.3, -1, 2.5, -6, 20].flatMap((z) => [1e-6, 0.02, 0.3, 0.49, 0.51, 1, 3.4].map((width) => [z, width] as const));

  it.each(places)("has the density and the moments of the integral at %f, width %f", (z, width) => {
    const step = newStep();
    normalStep(z, width, step);
    const mass = moment(z, width, 0);
    const logDensity = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) + Math.log(mass);
    expect(step.exponent + Math.log(step.factor)).toBeCloseTo(logDensity, 8);
    expect(step.first).toBeCloseTo(moment(z, width, 1) / mass, 6);
    expect(step.second).toBeCloseTo(moment(z, width, 2) / mass, 5);
  });

  it.each([1e3, -1e9, 1e140, 1e300])("is finite at %f", (z) => {
    for (const width of [0, 1e-3, 1, 100]) {
      const step = newStep();
      normalStep(z, width, step);
      expect([step.exponent + Math.log(step.factor), step.first, step.second].every(Number.isFinite)).toBe(true);
    }
  });
});
