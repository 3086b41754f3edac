import { expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import { openDevice } from "../../src/device/open.ts";
import { add, gaussianKl, mul } from "../../src/ops/binary.ts";
import { heads } from "../../src/ops/heads.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { normal } from "../../src/ops/random_ops.ts";
import { sum } from "../../src/ops/reduce.ts";
import { broadcastTo, reshape, slice } from "../../src/ops/shape_ops.ts";
import { exp, square } from "../../src/ops/unary.ts";
import { key } from "../../src/random.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

/** The specification: the two linear heads, the reparameterization trick and the analytic KL as separate ops; sample s of example i is row s·B + i. */
function composed(h: Tensor, W: Tensor, b: Tensor, noise: Tensor, S: number) {
  const meanLogVar = add(matmul(h, W), b);
  const [B, L] = [h.shape[0]!, W.shape[1]! / 2];
  const mean = slice(meanLogVar, [0, 0], [B, L]);
  const logVar = slice(meanLogVar, [0, L], [B, 2 * L]);
  const repeated = (x: Tensor): Tensor => reshape(broadcastTo(x, [S, B, L]), [S * B, L]);
  const z = add(repeated(mean), mul(exp(mul(repeated(logVar), 0.5)), noise));
  return { z, kl: sum(gaussianKl(mean, logVar), [1]), meanLogVar };
}

await onEachDevice((device) => {
  test.each([
    [5, 4, 3, 1],
    [1, 1, 1, 1],
    [7, 3, 2, 4],
    [2, 3, 65, 2],
  ])("heads are their composition, B %i, H %i, L %i, S %i", async (B, H, L, S) => {
    const [h, W, b] = make(device, [B, H], [H, 2 * L], [2 * L]);
    const [dz, dkl, direct] = make(device, [S * B, L], [B], [B, 2 * L]);
    const from = key(42);
    const noise = normal(device, [S * B, L], from);
    const plain = composed(h!, W!, b!, noise, S);
    for (const source of [from, noise]) {
      const fused = heads(h!, W!, b!, source, { samples: S });
      const total = (x: typeof plain): Tensor => add(sum(mul(x.z, dz!)), add(sum(mul(x.kl, dkl!)), sum(mul(x.meanLogVar, direct!))));
      await expectSame("z", fused.z, plain.z, H);
      await expectSame("kl", fused.kl, plain.kl, H + L);
      await expectSame("meanLogVar", fused.meanLogVar, plain.meanLogVar, H);
      const [got, want] = [grad(total(fused), [h!, W!, b!]), grad(total(plain), [h!, W!, b!])];
      for (const [i, name] of ["h", "W", "b"].entries()) await expectSame(`gradient of ${name}`, got[i]!, want[i]!, B * S + L + H);
      // with one factor for all rows of kl, and nothing for meanLogVar itself, a key's gradients are one launch
      const uniform = (x: typeof plain): Tensor => add(sum(mul(x.z, dz!)), mul(sum(x.kl), 0.3));
      for (const wrt of [[h!, W!, b!], [h!, b!], [h!, W!], [h!], [W!]]) {
        const [all, alone] = [grad(uniform(fused), wrt), grad(uniform(plain), wrt)];
        for (const [i, g] of all.entries()) await expectSame(`gradient ${i} of ${wrt.length}, uniform`, g, alone[i]!, B * S + L + H);
      }
      const both = [grad(sum(fused.kl), [h!, W!]), grad(sum(plain.kl), [h!, W!])] as const;
      for (const i of [0, 1]) await expectSame(`gradient ${i} of kl alone`, both[0][i]!, both[1][i]!, B + L + H);
      const onlyKl = grad(sum(fused.kl), [W!])[0]!;
      await expectSame("gradient of kl alone", onlyKl, grad(sum(plain.kl), [W!])[0]!, B + L + H);
    }
  });

  test("heads read rows of a data set where the encoder has no hidden layer", async () => {
    const bytes = Uint8Array.from({ length: 6 * 4 }, (_, i) => (i * 91) % 256);
    const data = dataset(device, bytes, { columns: 4, scale: 1 / 255, shift: -0.5 });
    const [W, b] = make(device, [4, 4], [4]);
    const rows = tensor(
      device,
      Float64Array.from(bytes.subarray(8, 20), (v) => v / 255 - 0.5),
      [3, 4],
    );
    const [fused, plain] = [heads(batchOf(data, 3, 2), W!, b!, key(1)), heads(rows, W!, b!, key(1))];
    await expectSame("z", fused.z, plain.z, 4);
    const [got, want] = [grad(sum(square(fused.z)), [W!, b!]), grad(sum(square(plain.z)), [W!, b!])];
    await expectSame("gradient of W", got[0]!, want[0]!, 12);
    await expectSame("gradient of b", got[1]!, want[1]!, 12);
    data.dispose();
  });

  test.each([
    [10, -20],
    [100, -20],
    [1e4, -20],
    [1, -60],
    [0, -100],
  ])("the gradient by logVar keeps its digits where the deviation is small beside the mean: mean %d, logVar %d", async (mean, logVar) => {
    const [h, W, b] = [tensor(device, [1, 1], [2, 1]), tensor(device, [0, 0], [1, 2]), tensor(device, [mean, logVar])];
    const noise = normal(device, [6, 1], key(9));
    const drawn = Array.from(await noise.read());
    const dz = [1, -2, 0.5, 3, -1, 2];
    const want = drawn.reduce((sum, value, i) => sum + dz[i]! * 0.5 * Math.exp(logVar / 2) * value, 0);
    for (const source of [key(9), noise]) {
      const { z } = heads(h, W, b, source, { samples: 3 });
      for (const wrt of [[h, W, b], [W, b], [b]]) {
        const gradients = grad(z, wrt, { cotangent: tensor(device, dz, [6, 1]) });
        const [byMean, byLogVar] = await gradients.at(-1)!.read();
        expect(byMean).toBeCloseTo(3.5, 5);
        expect(Math.abs(byLogVar! / want - 1), `of ${wrt.length}`).toBeLessThan(2e-6);
      }
    }
  });

  test("noise may be the input, or share its memory with the weights", async () => {
    const [h, W, b] = [tensor(device, [1, -2], [2, 1]), tensor(device, [0.5, 0], [1, 2]), tensor(device, [0.25, 0])];
    const { z } = heads(h, W, b, h);
    expect(Array.from(await z.read())).toEqual([1.75, -2.75]);
    const gradients = grad(sum(z), [h, W, b]);
    expect(Array.from(await gradients[0]!.read())).toEqual([0.5, 0.5]);
    expect(Array.from(await gradients[1]!.read())).toEqual([-1, 2.5]);
    expect(Array.from(await heads(h, W, b, reshape(b, [2, 1])).z.read())).toEqual([1, -0.75]);
  });

  test("a kl that nobody wants makes no NaN where exp(logVar) is infinite", async () => {
    const [h, W, b] = [tensor(device, [1, -1], [2, 1]), tensor(device, [1, 0.5], [1, 2]), tensor(device, [2, 100])];
    for (const source of [key(1), normal(device, [2, 1], key(1))]) {
      const { z, kl, meanLogVar } = heads(h, W, b, source);
      for (const y of [sum(z), add(sum(z), mul(sum(kl), 0)), sum(meanLogVar), add(sum(z), sum(meanLogVar))]) {
        for (const wrt of [[h, W, b], [W, b], [h]]) {
          for (const g of grad(y, wrt)) expect((await g.read()).every(Number.isFinite)).toBe(true);
        }
      }
    }
  });

  test("kl is exact near the prior and never negative", async () => {
    const h = tensor(device, [0, 1e-3, 1, -1], [4, 1]);
    const W = tensor(device, [1, 1e-3], [1, 2]);
    const kl = await heads(h, W, tensor(device, [0, 0]), key(0)).kl.read();
    for (const [i, mean] of [0, Math.fround(1e-3), 1, -1].entries()) {
      const logVar = Math.fround(1e-3) * mean;
      const want = 0.5 * (mean * mean + logVar * logVar * (0.5 + logVar / 6 + (logVar * logVar) / 24));
      expect(Math.abs(kl[i]! - want)).toBeLessThanOrEqual(2e-6 * want);
      expect(kl[i]).toBeGreaterThanOrEqual(0);
    }
  });
});

test("the gradient check passes for z, kl and meanLogVar of heads", async () => {
  const inputs = [normals(1, [4, 3]), normals(2, [3, 4]), normals(3, [4])];
  await checkGradient((h, W, b) => heads(h, W, b, key(5), { samples: 3 }).z, inputs);
  await checkGradient((h, W, b) => heads(h, W, b, key(5)).kl, inputs);
  await checkGradient((h, W, b) => {
    const { z, kl, meanLogVar } = heads(h, W, b, key(5));
    return add(add(sum(square(z), [1]), square(kl)), sum(square(meanLogVar), [1]));
  }, inputs);
});

test("wrong operands are refused in one line", async () => {
  const device = await openDevice("cpu");
  const [h, W, b] = make(device, [4, 3], [3, 4], [4]);
  expect(() => heads(h!, make(device, [3, 3])[0]!, make(device, [3])[0]!, key(0))).toThrow(
    "heads: W has an even number of columns, means then log-variances, got [3, 3]",
  );
  expect(() => heads(h!, W!, b!, make(device, [4, 3])[0]!)).toThrow("heads: noise has shape [4, 2], got [4, 3]");
  expect(() => heads(h!, W!, b!, key(0), { samples: 0 })).toThrow("heads: samples is a whole number of at least 1, got 0");
});
