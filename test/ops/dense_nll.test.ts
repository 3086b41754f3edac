import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { full } from "../../src/fill.ts";
import { add, bernoulliNll, mul } from "../../src/ops/binary.ts";
import { denseBernoulliNll, denseGaussianNll } from "../../src/ops/dense_nll.ts";
import { weightedSums } from "../../src/ops/elbo_sums.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { gaussianNll } from "../../src/ops/probability.ts";
import { sum } from "../../src/ops/reduce.ts";
import { broadcastTo, reshape } from "../../src/ops/shape_ops.ts";
import { sigmoid } from "../../src/ops/unary.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

const sizes = [
  [5, 1, 4, 3],
  [1, 1, 1, 1],
  [3, 2, 6, 65],
  [6, 1, 5, 300],
] as const;

/** Row s·B + i of h is scored on row i of x. */
const repeated = (x: Tensor, S: number): Tensor => reshape(broadcastTo(x, [S, ...x.shape]), [S * x.shape[0]!, x.shape[1]!]);

interface Model {
  readonly h: Tensor;
  readonly W: Tensor;
  readonly b: Tensor;
  readonly x: Tensor;
  readonly logVar: Tensor;
}

function model(device: Device, B: number, S: number, H: number, D: number): Model {
  const [h, W, b, logits, logVar] = make(device, [S * B, H], [H, D], [D], [B, D], [D]);
  return { h: h!, W: W!, b: b!, x: sigmoid(logits!), logVar: logVar! };
}

await onEachDevice((device) => {
  describe.each(sizes)("B %i, S %i, H %i, D %i", (B, S, H, D) => {
    test("denseBernoulliNll is dense, bernoulliNll and sum", async () => {
      const { h, W, b, x } = model(device, B, S, H, D);
      const fused = denseBernoulliNll(h, W, b, x);
      const plain = sum(bernoulliNll(add(matmul(h, W), b), repeated(x, S)), [1]);
      await expectSame("nll", fused, plain, H + D);
      await expectGradients(device, fused, plain, { h, W, b }, S * B, H + D);
    });

    test("denseGaussianNll is dense, gaussianNll and sum, with a fixed variance and with learned ones", async () => {
      const { h, W, b, x, logVar } = model(device, B, S, H, D);
      const means = add(matmul(h, W), b);
      const fixed = sum(gaussianNll(means, -1.5, repeated(x, S)), [1]);
      await expectSame("nll, fixed", denseGaussianNll(h, W, b, -1.5, x), fixed, H + D);
      await expectGradients(device, denseGaussianNll(h, W, b, -1.5, x), fixed, { h, W, b }, S * B, H + D);
      const learned = sum(gaussianNll(means, logVar, repeated(x, S)), [1]);
      await expectSame("nll, learned", denseGaussianNll(h, W, b, logVar, x), learned, H + D);
      await expectGradients(device, denseGaussianNll(h, W, b, logVar, x), learned, { h, W, b, logVar }, S * B, H + D);
    });
  });

  test("the data may be bytes, picked by index", async () => {
    const bytes = Uint8Array.from({ length: 5 * 7 }, (_, i) => (i * 53) % 256);
    const data = dataset(device, bytes, { columns: 7, scale: 1 / 255 });
    const order = tensor(device, [4, 2, 0, 1], [4], "u32");
    const [h, W, b] = make(device, [6, 3], [3, 7], [7]);
    const picked = [2, 0, 1].flatMap((r) => [...bytes.subarray(r * 7, r * 7 + 7)].map((v) => v / 255));
    const x = tensor(device, picked, [3, 7]);
    const batch = batchOf(data, 3, 1, order.slice);
    await expectSame("Bernoulli", denseBernoulliNll(h!, W!, b!, batch), denseBernoulliNll(h!, W!, b!, x), 10);
    await expectSame("Gaussian", denseGaussianNll(h!, W!, b!, 0, batch), denseGaussianNll(h!, W!, b!, 0, x), 10);
    data.dispose();
  });

  test("denseBernoulliNll does not overflow at logits ±1000, and its gradient keeps its relative accuracy at ±20", async () => {
    const W = tensor(device, [1], [1, 1]);
    const h = tensor(device, [1000, -1000, 20, -20], [4, 1]);
    const x = tensor(device, [0, 1, 1, 0], [4, 1]);
    const nll = denseBernoulliNll(h, W, tensor(device, [0]), x);
    const values = await nll.read();
    expect([values[0], values[1]]).toEqual([1000, 1000]);
    const dh = await grad(nll, [h], { cotangent: full(device, [4], 1) })[0]!.read();
    const tail = Math.exp(-20) / (1 + Math.exp(-20));
    expect([dh[0], dh[1]]).toEqual([1, -1]);
    // 43 ulp: WGSL's bound for exp at 20
    expect(Math.abs(dh[2]! / -tail - 1)).toBeLessThanOrEqual(46 * 2 ** -23);
    expect(Math.abs(dh[3]! / tail - 1)).toBeLessThanOrEqual(46 * 2 ** -23);
  });

  test("weightedSums is wr·Σ nll + wk·Σ kl, whatever its own cotangent is", async () => {
    const [nll, kl] = make(device, [300], [100]);
    const objective = weightedSums(nll!, kl!, { nll: 0.25, kl: 2 });
    const plain = add(mul(sum(nll!), 0.25), mul(sum(kl!), 2));
    await expectSame("value", objective, plain, 400);
    const scaled = mul(objective, 3);
    const [dNll, dKl] = grad(scaled, [nll!, kl!]);
    expect(new Set(await dNll!.read())).toEqual(new Set([0.75]));
    expect(new Set(await dKl!.read())).toEqual(new Set([6]));
  });
});

/** With a cotangent of its own for each row, and with one that is the same for all. */
async function expectGradients(
  device: Device,
  fused: Tensor,
  plain: Tensor,
  wrt: Readonly<Record<string, Tensor>>,
  rows: number,
  K: number,
): Promise<void> {
  for (const cotangent of [make(device, [rows])[0]!, full(device, [rows], 0.125)]) {
    const [got, want] = [grad(fused, Object.values(wrt), { cotangent }), grad(plain, Object.values(wrt), { cotangent })];
    for (const [i, name] of Object.keys(wrt).entries()) await expectSame(`gradient of ${name}`, got[i]!, want[i]!, K + rows);
  }
}

test("the gradient check passes for both dense likelihoods", async () => {
  const inputs = [normals(1, [4, 3]), normals(2, [3, 5]), normals(3, [5])];
  const target = (device: Device): Tensor =>
    tensor(
      device,
      Float64Array.from({ length: 10 }, (_, i) => i / 10),
      [2, 5],
    );
  await checkGradient((h, W, b) => denseBernoulliNll(h, W, b, target(h.device)), inputs);
  await checkGradient((h, W, b) => denseGaussianNll(h, W, b, 0.7, target(h.device)), inputs);
  await checkGradient((h, W, b, v) => denseGaussianNll(h, W, b, v, target(h.device)), [...inputs, normals(4, [5])]);
});

test("wrong operands are refused in one line", async () => {
  const device = await openDevice("cpu");
  const [h, W, b] = make(device, [4, 3], [3, 5], [5]);
  expect(() => denseBernoulliNll(h!, W!, b!, make(device, [4, 6])[0]!)).toThrow("denseBernoulliNll: x has the outputs' 5 columns, got [4, 6]");
  expect(() => denseBernoulliNll(h!, W!, b!, make(device, [3, 5])[0]!)).toThrow("denseBernoulliNll: the rows of h are a multiple of the rows of x");
  expect(() => denseGaussianNll(h!, W!, b!, make(device, [4])[0]!, make(device, [4, 5])[0]!)).toThrow(
    "denseGaussianNll: logVar has shape [5], one per feature, got [4]",
  );
});
