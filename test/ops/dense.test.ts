import { describe, expect, test } from "vitest";
import { grad } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import type { Device } from "../../src/device/device.ts";
import { openDevice } from "../../src/device/open.ts";
import { type ActivationName, activationNames } from "../../src/ops/activation.ts";
import * as activations from "../../src/ops/activation_table.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { dense } from "../../src/ops/dense.ts";
import { gatherRows } from "../../src/ops/gather_rows.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { sum } from "../../src/ops/reduce.ts";
import { type Tensor, tensor } from "../../src/tensor.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

const functions: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = { identity: (x) => x, ...activations };

/** The specification: three ops. */
const composed = (x: Tensor, W: Tensor, b: Tensor, activation: ActivationName): Tensor => functions[activation](add(matmul(x, W), b));

await onEachDevice((device) => {
  describe("dense is its composition", () => {
    test.each(activationNames)("with %s, in value and gradients", async (activation) => {
      for (const [B, K, N] of [
        [3, 4, 5],
        [1, 1, 1],
        [65, 7, 63],
      ] as const) {
        const [x, W, b] = make(device, [B, K], [K, N], [N]);
        const cotangent = make(device, [B, N])[0]!;
        const [fused, plain] = [dense(x!, W!, b!, { activation }), composed(x!, W!, b!, activation)];
        await expectSame(`value ${B}×${K}×${N}`, fused, plain, K);
        const got = grad(fused, [x!, W!, b!], { cotangent });
        const want = grad(plain, [x!, W!, b!], { cotangent });
        for (const [i, name] of ["x", "W", "b"].entries()) await expectSame(`gradient of ${name}`, got[i]!, want[i]!, Math.max(B, N));
      }
    });
  });

  test("dense reads rows of bytes by index, scaled, as gatherRows would", async () => {
    const bytes = Uint8Array.from({ length: 7 * 5 }, (_, i) => (i * 37) % 256);
    const data = dataset(device, bytes, { columns: 5, scale: 1 / 255 });
    const order = tensor(device, [6, 0, 3, 3, 1, 5, 2], [7], "u32");
    const [W, b] = make(device, [5, 4], [4]);
    const cotangent = make(device, [3, 4])[0]!;
    const batch = batchOf(data, 3, 2, order.slice);
    const floats = tensor(
      device,
      Float64Array.from(bytes, (v) => v / 255),
      [7, 5],
    );
    const rows = gatherRows(floats, tensor(device, [3, 3, 1], [3], "u32"));
    const [fused, plain] = [dense(batch, W!, b!, { activation: "tanh" }), dense(rows, W!, b!, { activation: "tanh" })];
    await expectSame("value", fused, plain, 5);
    const got = grad(fused, [W!, b!], { cotangent });
    const want = grad(plain, [W!, b!], { cotangent });
    await expectSame("gradient of W", got[0]!, want[0]!, 5);
    await expectSame("gradient of b", got[1]!, want[1]!, 5);
    const consecutive = dense(batchOf(data, 3, 2), W!, b!);
    await expectSame("rows without an index start at the offset", consecutive, dense(slicedRows(device, bytes, 2, 3), W!, b!), 5);
    data.dispose();
  });

  test("a weight that two layers share gets the sum of both gradients", async () => {
    const [x, W, b] = make(device, [4, 3], [3, 3], [3]);
    const twice = sum(dense(dense(x!, W!, b!, { activation: "relu" }), W!, b!));
    const plain = sum(composed(composed(x!, W!, b!, "relu"), W!, b!, "identity"));
    const [got, want] = [grad(twice, [W!, b!]), grad(plain, [W!, b!])];
    await expectSame("gradient of W", got[0]!, want[0]!, 12);
    await expectSame("gradient of b", got[1]!, want[1]!, 12);
  });

  test("only the wanted gradients are written", async () => {
    const [x, W, b] = make(device, [4, 3], [3, 2], [2]);
    const y = sum(mul(dense(x!, W!, b!), 2));
    expect([...(await grad(y, [b!])[0]!.read())]).toEqual([8, 8]);
    const [dW] = grad(y, [W!]);
    const [wantW] = grad(mul(sum(add(matmul(x!, W!), b!)), 2), [W!]);
    await expectSame("gradient of W alone", dW!, wantW!, 4);
  });
});

function slicedRows(device: Device, bytes: Uint8Array, first: number, count: number): Tensor {
  return tensor(
    device,
    Float64Array.from(bytes.subarray(first * 5, (first + count) * 5), (v) => v / 255),
    [count, 5],
  );
}

test.each(activationNames)("the gradient check passes for dense with %s", async (activation) => {
  await checkGradient((x, W, b) => dense(x, W, b, { activation }), [normals(1, [5, 4]), normals(2, [4, 3]), normals(3, [3])]);
});

test("wrong operands are refused in one line", async () => {
  const device = await openDevice("cpu");
  const [x, W, b] = make(device, [4, 3], [3, 2], [2]);
  expect(() => dense(x!, make(device, [4, 2])[0]!, b!)).toThrow(
    "dense: inner dimensions differ, x is [4, 3] and W is [4, 2] (W is [inputs, outputs])",
  );
  expect(() => dense(x!, W!, make(device, [3])[0]!)).toThrow("dense: b has shape [2], one bias per output, got [3]");
  expect(() => dense(make(device, [3])[0]!, W!, b!)).toThrow("dense: x has rank 2, [rows, columns], got [3] (reshape it)");
  expect(() => dense(x!, W!, b!, { activation: "swish" as "silu" })).toThrow("dense: the activations are identity, elu, gelu");
  const freed = device.scope(() => {
    const t = make(device, [3, 2])[0]!;
    t.slice.view(0, 1);
    return () => t;
  })();
  expect(() => dense(x!, freed, b!)).toThrow("dense: W was freed when its scope closed");
  expect(() => dense(x!, tensor(device, [1, 2, 3, 4, 5, 6], [3, 2], "u32"), b!)).toThrow("dense: W is f32 or f16, got u32");
});
