/** The objective as a weighted sum of rows, and the sums of a report. */
import { expect, test } from "vitest";
import { weightedSum, weightedSums, writeLossSums, writeSums } from "../../src/ops/elbo_sums.ts";
import { tensor } from "../../src/tensor.ts";
import { onEachDevice } from "../support/conformance.ts";

await onEachDevice((device) => {
  const rows = (count: number, value: number) => tensor(device, new Float32Array(count).fill(value));

  test.each([1, 63, 64, 65, 200])("a mean of %i rows is found where their sum is more than f32 can hold", async (B) => {
    const [nll, kl] = [rows(2 * B, 3e38), rows(B, 2e37)];
    const weights = { nll: 1 / (2 * B), kl: 0.5 / B };
    const near = (got: number | undefined, want: number): void => expect(Math.abs(got! / want - 1)).toBeLessThan(1e-5);
    near((await weightedSums(nll, kl, weights).read())[0], 3e38 + 1e37);
    near((await weightedSum(nll, 1 / (2 * B)).read())[0], 3e38);
    const sums = device.alloc("f32", 6);
    writeSums({ nll, kl, weights, sums, slot: 1 });
    near((await device.read(sums))[3], 3e38 + 1e37);
    device.free(sums);
  });

  test("a report has the objective, Σ nll and Σ kl in its slot, and no other is touched", async () => {
    const [nll, kl, objective] = [tensor(device, [1, 2, 3, 4]), tensor(device, [0.5, 0.25]), tensor(device, 7)];
    const sums = device.alloc("f32", 9);
    device.write(sums, new Float32Array(9).fill(-1));
    writeSums({ nll, kl, weights: { nll: 0.25, kl: 2 }, sums, slot: 1 });
    expect(await device.read(sums)).toEqual(Float32Array.of(-1, -1, -1, 4, 10, 0.75, -1, -1, -1));
    writeLossSums({ objective, nll, kl, sums, slot: 2 });
    expect(await device.read(sums)).toEqual(Float32Array.of(-1, -1, -1, 4, 10, 0.75, 7, 10, 0.75));
    device.free(sums);
  });
});
