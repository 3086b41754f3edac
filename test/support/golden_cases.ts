/** Golden cases as tests: the same mapping, and the same tolerances, as `verify` of elbograd/lab. */
import { expect, test } from "vitest";
import type { Device } from "../../src/device/device.ts";
import { type Agreement, worstOf } from "../../src/lab/verify/agreement.ts";
import type { GoldenCase } from "../../src/lab/verify/golden.ts";

/** One line for each result that is further off than allowed, with its worst element. */
export function missesOf(comparisons: readonly Agreement[]): string[] {
  return comparisons.flatMap((comparison) => {
    const found = worstOf(comparison);
    if (!found || found.misses === 0) return [];
    const { what, index, got, want, tolerance } = found.worst;
    return [`${what}[${index}]: got ${got}, want ${want} ± ${tolerance.toExponential(1)} (${found.misses} of ${comparison.want.length} are off)`];
  });
}

/** One test for each case. */
export function testCases(device: Device, cases: readonly GoldenCase[]): void {
  test.each(cases)("$id", async (c) => {
    const comparisons = await c.run(device);
    expect(comparisons.length).toBeGreaterThan(0);
    expect(missesOf(comparisons)).toEqual([]);
  });
}
