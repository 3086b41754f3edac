/** The ops that importance weighting is made of, against their formulas composed of other ops. */
import { expect, test } from "vitest";
import { grad, stopGradient } from "../../src/autodiff.ts";
import { openDevice } from "../../src/device/open.ts";
import { full } from "../../src/fill.ts";
import { add, mul, sub } from "../../src/ops/binary.ts";
import { weightedSum } from "../../src/ops/elbo_sums.ts";
import { importanceBound } from "../../src/ops/iwae.ts";
import { gaussianNll } from "../../src/ops/probability.ts";
import { sum } from "../../src/ops/reduce.ts";
import { sampledKl } from "../../src/ops/sampled_kl.ts";
import { scaleGradient } from "../../src/ops/scale_gradient.ts";
import { reshape, slice } from "../../src/ops/shape_ops.ts";
import { logSumExp, softmax } from "../../src/ops/softmax.ts";
import { neg, square } from "../../src/ops/unary.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

/** −log N(z; 0, I) taken from −log N(z; mean, exp(logVar)), all constants kept. */
function composedKl(z: Tensor, meanLogVar: Tensor): Tensor {
  const [B, both] = meanLogVar.shape as readonly [number, number];
  const L = both / 2;
  const samples = reshape(z, [z.shape[0]! / B, B, L]);
  const q = gaussianNll(slice(meanLogVar, [0, 0], [B, L]), slice(meanLogVar, [0, L], [B, both]), samples);
  return reshape(sum(sub(gaussianNll(mul(samples, 0), 0, samples), q), [2]), [z.shape[0]!]);
}

function composedBound(nll: Tensor, kl: Tensor, S: number): Tensor {
  const logWeights = neg(reshape(add(nll, kl), [S, nll.size / S]));
  return sub(Math.log(S), logSumExp(logWeights, [0]));
}

await onEachDevice((device) => {
  test.each([
    [5, 3, 1],
    [1, 1, 4],
    [67, 2, 3],
    [3, 65, 2],
  ])("sampledKl is the difference of two log densities, B %i, L %i, S %i", async (B, L, S) => {
    const [z, meanLogVar, cotangent] = make(device, [S * B, L], [B, 2 * L], [S * B]);
    const [got, want] = [sampledKl(z!, meanLogVar!), composedKl(z!, meanLogVar!)];
    await expectSame("value", got, want, 8 * L);
    for (const wrt of [[z!, meanLogVar!], [z!], [meanLogVar!]]) {
      const [fused, plain] = [grad(got, wrt, { cotangent: cotangent! }), grad(want, wrt, { cotangent: cotangent! })];
      for (const [i, gradient] of fused.entries()) await expectSame(`gradient ${i} of ${wrt.length}`, gradient, plain[i]!, 8 * S);
    }
    // a second use of z adds to its gradient
    const twice = (kl: Tensor): Tensor => add(sum(square(z!)), sum(kl));
    await expectSame("gradient of z, used twice", grad(twice(got), [z!])[0]!, grad(twice(want), [z!])[0]!, 8 * S);
  });

  test.each([
    [5, 1],
    [1, 4],
    [67, 3],
    [3, 100],
  ])("importanceBound is log S − log Σ exp, its weights and its gradient softmax, B %i, S %i", async (B, S) => {
    const [nll, kl, cotangent] = make(device, [S * B], [S * B], [B]);
    const { negBound, weights } = importanceBound(nll!, kl!, S);
    await expectSame("bound", negBound, composedBound(nll!, kl!, S), S);
    const share = softmax(neg(reshape(add(nll!, kl!), [S, B])), 0);
    await expectSame("weights", weights, reshape(share, [S * B]), S);
    const want = grad(composedBound(nll!, kl!, S), [nll!, kl!], { cotangent: cotangent! });
    for (const [i, gradient] of grad(negBound, [nll!, kl!], { cotangent: cotangent! }).entries()) {
      await expectSame(`gradient ${i}`, gradient, want[i]!, S);
    }
  });

  test("importanceBound of one sample is nll + kl to the bit, and its weight is 1", async () => {
    const [nll, kl] = make(device, [300], [300]);
    const { negBound, weights } = importanceBound(nll!, kl!, 1);
    expect(await negBound.read()).toEqual(await add(nll!, kl!).read());
    expect(new Set(await weights.read())).toEqual(new Set([1]));
  });

  test("importanceBound does not overflow at losses of ±10000, and gives NaN for NaN", async () => {
    const nll = tensor(device, [10000, -10000, 1, 9000, -10000, NaN, 10000, -9000, 2]);
    const bound = importanceBound(nll, full(device, [9], 0), 3);
    const [first, second, third] = await bound.negBound.read();
    expect(first).toBeCloseTo(9000 + Math.log(3), 2);
    expect(second).toBeCloseTo(-10000 + Math.log(3) - Math.log(2), 2);
    expect(third).toBeNaN();
    const weights = await bound.weights.read();
    expect([0, 3, 6, 1, 4, 7].map((i) => weights[i])).toEqual([0, 1, 0, 0.5, 0.5, 0]);
  });

  test("scaleGradient is its input, and multiplies each row of the gradient by a factor, given at once or asked for later", async () => {
    const [x, rows] = make(device, [4, 3], [4]);
    const later: Tensor[] = [];
    const [now, asked] = [scaleGradient(x!, rows!), scaleGradient(x!, () => later[0]!)];
    later.push(rows!);
    for (const y of [now, asked]) {
      expect(await y.read()).toEqual(await x!.read());
      const [dx] = grad(sum(square(y)), [x!]);
      await expectSame("gradient", dx!, mul(mul(x!, 2), reshape(rows!, [4, 1])), 1);
    }
    const [vector] = make(device, [4]);
    await expectSame("gradient of a vector", grad(sum(square(scaleGradient(vector!, rows!))), [vector!])[0]!, mul(mul(vector!, 2), rows!), 1);
  });

  test("weightedSum is w·Σ rows, whatever its own cotangent is", async () => {
    const [rows] = make(device, [300]);
    await expectSame("value", weightedSum(rows!, 0.25), mul(sum(rows!), 0.25), 300);
    const [gradient] = grad(mul(weightedSum(rows!, 0.25), 3), [rows!]);
    expect(new Set(await gradient!.read())).toEqual(new Set([0.75]));
  });
});

test("the gradient check passes for sampledKl and importanceBound", async () => {
  await checkGradient(sampledKl, [normals(1, [6, 3]), normals(2, [2, 6])]);
  await checkGradient((nll, kl) => importanceBound(nll, kl, 3).negBound, [normals(3, [6]), normals(4, [6])]);
});

test("wrong operands are refused in one line", async () => {
  const device = await openDevice("cpu");
  const [z, five, rows] = make(device, [6, 2], [5, 4], [6]);
  expect(() => sampledKl(z!, five!)).toThrow("sampledKl: z is [S·B, L] and meanLogVar [B, 2L], got [6, 2] and [5, 4]");
  expect(() => importanceBound(rows!, rows!, 0)).toThrow("importanceBound: samples is a whole number of at least 1, got 0");
  expect(() => importanceBound(rows!, rows!, 4)).toThrow("importanceBound: nll and kl are [S·B] for S = 4, got [6] and [6]");
  expect(() => scaleGradient(z!, five!)).toThrow("scaleGradient: rows holds one factor for each row of x, got x [6, 2] and rows [5, 4]");
  const { weights } = importanceBound(rows!, stopGradient(rows!), 2);
  expect(() => grad(sum(weights), [rows!])).not.toThrow();
});
