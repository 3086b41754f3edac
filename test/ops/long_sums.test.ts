/** Sums of more than 4096 terms are taken in blocks, so that terms which are small beside the sum of all do not get lost. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { mul } from "../../src/ops/binary.ts";
import { dense } from "../../src/ops/dense.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../src/ops/dense_nll.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { heads } from "../../src/ops/heads.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { onEachDevice } from "../support/conformance.ts";

/** Four blocks and a rest. */
const K = 4 * 4096 + 7;
/** In f32 this and 1 is this: of the terms LARGE, 1, 1, … those of the first block may get lost, and no others. */
const LARGE = 2 ** 24;
const WANT = LARGE + K - 1;
const LOST = 4095;

type Make = (...shape: number[]) => Tensor;

/** Tensors whose first element is the sum of LARGE, 1, 1, …, each by a kernel of its own; `terms` repeats them along the other dimension. */
const sums: Readonly<Record<string, (terms: Make, ones: Make, zeros: Make) => readonly Tensor[]>> = {
  matmul: (terms, ones) => [
    matmul(terms(1, K), ones(K, 3)),
    matmul(ones(17, K), terms(K, 1)),
    matmul(terms(K, 1), ones(65, K), { transposeA: true, transposeB: true }),
  ],
  dense: (terms, ones, zeros) => [
    dense(terms(1, K), ones(K, 2), zeros(2)),
    dense(terms(1, K), ones(K, 2), zeros(2), { activation: "relu" }),
    dense(ones(9, K), terms(K, 1), zeros(1), { activation: "leakyRelu" }),
  ],
  "the gradient of dense by its input, over outputs": (terms, ones, zeros) => {
    const [x, W, b] = [ones(2, 3), ones(3, K), zeros(K)];
    const y = dense(x, W, b, { activation: "relu" });
    const cotangent = terms(2, K);
    return [grad(y, [x], { cotangent })[0]!, grad(y, [x, W, b], { cotangent })[0]!];
  },
  "the gradients of dense by its weights, over rows": (terms, ones, zeros) => {
    const [x, W, b] = [ones(K, 3), ones(3, 2), zeros(2)];
    const y = dense(x, W, b, { activation: "relu" });
    const cotangent = terms(K, 2);
    return [...grad(y, [W, b], { cotangent }), ...grad(y, [x, W, b], { cotangent }).slice(1)];
  },
  heads: (terms, ones, zeros) => [heads(terms(1, K), ones(K, 2), zeros(2), zeros(1, 1)).meanLogVar],
  "the gradients of heads, over rows": (terms, ones, zeros) => {
    const [h, W, b] = [ones(K, 1), zeros(1, 2), zeros(2)];
    const { z } = heads(h, W, b, zeros(K, 1));
    const cotangent = terms(K, 1);
    return [...grad(z, [W, b], { cotangent }), ...grad(z, [h, W, b], { cotangent }).slice(1)];
  },
  denseBernoulliNll: (terms, ones, zeros) => [denseBernoulliNll(terms(1, K), ones(K, 1), zeros(1), zeros(1, 1))],
  denseGaussianNll: (terms, ones, zeros) => {
    const b = zeros(1);
    return grad(denseGaussianNll(terms(1, K), ones(K, 1), b, 0, zeros(1, 1)), [b]);
  },
  "the gradient of denseGaussianNll by log-variances, over rows": (terms, ones, zeros) => {
    const logVar = zeros(1);
    const nll = denseGaussianNll(zeros(K, 1), ones(1, 1), zeros(1), logVar, zeros(K, 1));
    return grad(nll, [logVar], { cotangent: terms(K) }).map((half) => mul(half, 2));
  },
  "the gradient of gatherRows, over rows that are picked again": (terms, ones) => {
    const x = ones(2, 1);
    const index = tensor(x.device, new Uint32Array(K), [K], "u32");
    return grad(gatherRows(x, index), [x], { cotangent: terms(K, 1) });
  },
};

await onEachDevice((device) => {
  const filled = (shape: readonly number[], value: (i: number) => number): Tensor =>
    tensor(
      device,
      Float64Array.from({ length: shape.reduce((size, n) => size * n, 1) }, (_, i) => value(i)),
      shape,
    );
  const terms: Make = (...shape) => {
    const others = shape.reduce((size, n) => size * n, 1) / K;
    const isFirst = (i: number): boolean => (shape.at(-1) === K ? i % K === 0 : i < others);
    return filled(shape, (i) => (isFirst(i) ? LARGE : 1));
  };

  test.each(Object.keys(sums))("%s: small terms behind a large one are added up", async (name) => {
    const results = sums[name]!(
      terms,
      (...shape) => filled(shape, () => 1),
      (...shape) => filled(shape, () => 0),
    );
    for (const [i, result] of results.entries()) {
      const [first] = await result.read();
      expect(first, `result ${i}`).toBeGreaterThanOrEqual(WANT - LOST);
      expect(first, `result ${i}`).toBeLessThanOrEqual(WANT + 1);
    }
  });
});
