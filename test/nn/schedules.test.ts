import { describe, expect, test } from "vitest";
import { constant, cosine, cyclical, type Schedule, stepList, warmUp } from "../../src/nn/schedules.ts";

/** The values at the start of each of ten epochs of ten steps. */
const epochs = (schedule: Schedule): number[] =>
  Array.from({ length: 10 }, (_, epoch) => schedule({ step: 10 * epoch, steps: 100, stepsPerEpoch: 10 }));
const at = (schedule: Schedule, step: number): number => schedule({ step, steps: 100, stepsPerEpoch: 10 });

describe("schedules", () => {
  test("a constant is the same at every step", () => {
    expect(new Set(epochs(constant(0.3)))).toEqual(new Set([0.3]));
  });

  test("a step list multiplies at the start of the epochs that it names, in any order", () => {
    const want = [8, 8, 8, 4, 4, 2, 2, 2, 2, 2];
    expect(epochs(stepList(8, { epochs: [3, 5], factor: 0.5 }))).toEqual(want);
    expect(epochs(stepList(8, { epochs: [5, 3], factor: 0.5 }))).toEqual(want);
    const schedule = stepList(8, { epochs: [3], factor: 0.5 });
    expect([at(schedule, 29), at(schedule, 30)]).toEqual([8, 4]);
  });

  test("a step list of every third epoch multiplies again and again", () => {
    expect(epochs(stepList(8, { every: 3, factor: 0.5 }))).toEqual([8, 8, 8, 4, 4, 4, 2, 2, 2, 1]);
  });

  test("the cosine starts at its value, is half way down in the middle, and ends at its floor", () => {
    const schedule = cosine(0.5, { floor: 0.1 });
    expect(at(schedule, 0)).toBe(0.5);
    expect(at(schedule, 50)).toBeCloseTo(0.3, 15);
    // cos(π/3) = ½: a third of the way, a quarter of the fall
    expect(schedule({ step: 1, steps: 3, stepsPerEpoch: 1 })).toBeCloseTo(0.4, 15);
    expect(at(schedule, 100)).toBeCloseTo(0.1, 15);
    expect(at(schedule, 130)).toBeCloseTo(0.1, 15);
    expect(at(cosine(0.5), 100)).toBe(0);
  });

  test("a warm-up rises on a line, reaches the full value with its last step, and then follows its schedule", () => {
    const schedule = warmUp(constant(2), 4);
    expect([0, 1, 2, 3, 4, 99].map((step) => at(schedule, step))).toEqual([0.5, 1, 1.5, 2, 2, 2]);
    const [warm, cold] = [warmUp(cosine(1), 10), cosine(1)];
    expect(at(warm, 4)).toBe(at(cold, 4) / 2);
    expect(at(warm, 60)).toBe(at(cold, 60));
  });

  test("a cyclical schedule rises from 0 on a line in the first part of each cycle, and then stays", () => {
    const schedule = cyclical(2, { cycles: 5, ramp: 0.5 });
    const cycle = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18].map((step) => Math.min(2, (2 * step) / 10));
    for (const first of [0, 20, 80]) expect(Array.from({ length: 10 }, (_, i) => at(schedule, first + 2 * i))).toEqual(cycle);
    // 100 steps in 3 cycles of 34, and what is left of the last one
    expect([33, 34, 67, 68, 99].map((step) => at(cyclical(1, { cycles: 3 }), step) > 0.9)).toEqual([true, false, true, false, true]);
    expect([0, 34, 68].map((step) => at(cyclical(1, { cycles: 3 }), step))).toEqual([0, 0, 0]);
    expect(at(cyclical(1, { cycles: 1, ramp: 1 }), 25)).toBe(0.25);
  });

  test("wrong arguments are refused in one line", () => {
    expect(() => cyclical(1, { cycles: 0 })).toThrow("cyclical: cycles is a whole number of at least 1, got 0");
    expect(() => cyclical(1, { ramp: 0 })).toThrow("cyclical: ramp is a part of a cycle, above 0 and at most 1, got 0");
    expect(() => at(cyclical(1, { cycles: 101 }), 0)).toThrow("cyclical: cycles is at most the steps of the run, got 101 for 100");
    expect(() => constant(-1)).toThrow("constant: value is a number of at least 0, got -1");
    expect(() => constant(NaN)).toThrow("constant: value is a number of at least 0, got NaN");
    expect(() => stepList(1, { every: 0, factor: 0.1 })).toThrow("stepList: every is a whole number of at least 1, got 0");
    expect(() => stepList(1, { epochs: [3, 1.5], factor: 0.1 })).toThrow("stepList: every one of epochs is a whole number of at least 1, got 1.5");
    expect(() => stepList(1, { epochs: [3], factor: 0 })).toThrow("stepList: factor is a positive number, got 0");
    expect(() => cosine(1, { floor: Infinity })).toThrow("cosine: floor is a number of at least 0, got Infinity");
    expect(() => warmUp(constant(1), 0)).toThrow("warmUp: steps is a whole number of at least 1, got 0");
  });
});
