/** Tensors without elements: what comes of them is empty, or a sum of nothing, which is 0; on each device, whatever the memory held before. */
import { expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { add } from "../../src/ops/binary.ts";
import { conditionalDense } from "../../src/ops/conditional_dense.ts";
import { dense } from "../../src/ops/dense.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../src/ops/dense_nll.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { heads } from "../../src/ops/heads.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { softmaxCrossEntropy } from "../../src/ops/probability.ts";
import { sum } from "../../src/ops/reduce.ts";
import { sampledKl } from "../../src/ops/sampled_kl.ts";
import { slice } from "../../src/ops/shape_ops.ts";
import { logSoftmax, softmax } from "../../src/ops/softmax.ts";
import { exp } from "../../src/ops/unary.ts";
import { type ActivationName, activations } from "../../src/ops/activation.ts";
import { key } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { onEachDevice } from "../support/conformance.ts";

await onEachDevice((device) => {
  const sizeOf = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);
  /** 1, 2, 3, … */
  const of = (...shape: number[]): Tensor =>
    tensor(
      device,
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => i + 1),
      shape,
    );
  const zeros = (...shape: number[]): Tensor => tensor(device, new Float64Array(sizeOf(shape)), shape);
  const indices = (...values: number[]): Tensor => tensor(device, values, [values.length], "u32");
  /** The gradients of some of y's inputs. */
  const grads = (y: Tensor, ...wrt: Tensor[]): Tensor[] => grad(y, wrt, { cotangent: of(...y.shape) });

  /** Every tensor that it gives is 0 in all of its elements, or has none. */
  const cases: Record<string, () => readonly Tensor[]> = {
    "matmul without rows, columns or terms": () => {
      const operands = [[of(0, 3), of(3, 2)], [of(2, 3), of(3, 0)], [of(2, 0), of(0, 3)]] as const; // prettier-ignore
      return operands.flatMap(([a, b]) => [matmul(a, b), ...grads(matmul(a, b), a, b)]);
    },
    "heads without examples": () => {
      const [h, W, b] = [of(0, 2), of(2, 4), of(4)];
      const { z, kl, meanLogVar } = heads(h, W, b, key(1), { samples: 3 });
      return [z, kl, meanLogVar, ...grads(z, h, W, b), ...grads(kl, W, b)];
    },
    "heads without latents": () => {
      const [h, W, b] = [of(3, 2), of(2, 0), of(0)];
      const { z, kl, meanLogVar } = heads(h, W, b, key(1));
      return [z, kl, meanLogVar, ...grads(z, h, W, b), ...grads(z, h), ...grads(kl, h, W, b)];
    },
    "denseBernoulliNll without rows": () => {
      const [h, W, b] = [of(0, 2), of(2, 3), of(3)];
      const nll = denseBernoulliNll(h, W, b, of(0, 3));
      return [nll, ...grads(nll, h, W, b)];
    },
    "denseBernoulliNll without features": () => {
      const [h, W, b] = [of(3, 2), of(2, 0), of(0)];
      const nll = denseBernoulliNll(h, W, b, of(3, 0));
      return [nll, ...grads(nll, h, W, b), ...grads(nll, h)];
    },
    "denseGaussianNll without rows": () => {
      const [h, W, b, logVar] = [of(0, 2), of(2, 3), of(3), of(3)];
      const nll = denseGaussianNll(h, W, b, logVar, of(0, 3));
      return [nll, ...grads(nll, h, W, b, logVar)];
    },
    "conditionalDense without rows": () => {
      const [x, W, b, condition] = [of(0, 2), of(2, 3), of(3), of(4, 3)];
      const y = conditionalDense(x, W, b, condition, indices(), { activation: "tanh" });
      return [y, ...grads(y, x, W, b, condition)];
    },
    "sampledKl without latents": () => {
      const [z, meanLogVar] = [of(3, 0), of(3, 0)];
      return [sampledKl(z, meanLogVar), ...grads(sampledKl(z, meanLogVar), z, meanLogVar)];
    },
    "softmaxCrossEntropy without rows": () => {
      const logits = of(0, 3);
      const y = softmaxCrossEntropy(logits, indices());
      return [y, ...grads(y, logits)];
    },
    "softmax and logSoftmax of nothing": () =>
      [of(0, 3), of(3, 0)].flatMap((x) => [softmax(x), logSoftmax(x), ...grads(softmax(x), x), ...grads(logSoftmax(x), x)]),
    "sums of nothing, and what repeats to nothing": () => {
      const [a, x] = [of(3), of(0, 3)];
      return [sum(x, [0]), sum(x), exp(x), ...grads(add(a, x), a, x), ...grads(exp(x), x)];
    },
    "parts of which nothing is taken": () => {
      const x = of(3, 2);
      return [...grads(slice(x, [1, 0], [1, 2]), x), ...grads(gatherRows(x, indices()), x)];
    },
  };
  for (const activation of Object.keys(activations) as ActivationName[]) {
    cases[`dense with ${activation}, without outputs or rows`] = () => {
      const operands = [[of(3, 2), of(2, 0), of(0)], [of(0, 2), of(2, 3), of(3)]] as const; // prettier-ignore
      return operands.flatMap(([x, W, b]) => {
        const y = dense(x, W, b, { activation });
        return [y, ...grads(y, x, W, b), ...grads(y, x), ...grads(y, W, b), ...grads(y, x, b)];
      });
    };
  }

  /** Leaves numbers in memory that the next allocations get. */
  const litter = (): void => [1, 2, 3, 4, 6, 8, 9, 12, 16, 64].map((n) => of(n)).forEach((t) => t.dispose());

  test.each(Object.keys(cases))("%s", async (name) => {
    for (let i = 0; i < 3; i++) {
      litter();
      for (const [k, result] of cases[name]!().entries()) {
        const values = Array.from(await result.read());
        expect(values, `result ${k}`).toHaveLength(sizeOf(result.shape));
        expect(values.filter((value) => value !== 0), `result ${k} of shape [${result.shape.join(", ")}]`).toEqual([]); // prettier-ignore
      }
    }
  });

  test("a dense layer without inputs is its bias", async () => {
    const [x, W, b] = [of(2, 0), of(0, 3), of(3)];
    const y = dense(x, W, b);
    expect(Array.from(await y.read())).toEqual([1, 2, 3, 1, 2, 3]);
    const [dx, dW, db] = grads(y, x, W, b);
    expect([(await dx!.read()).length, (await dW!.read()).length]).toEqual([0, 0]);
    expect(Array.from(await db!.read())).toEqual([5, 7, 9]);
    const nll = denseGaussianNll(x, W, zeros(3), 0, zeros(2, 3));
    for (const value of await nll.read()) expect(value).toBeCloseTo(1.5 * Math.log(2 * Math.PI), 5);
  });
});
