/** Fused losses of one's own: the product, its sums and its gradients come from the library, whatever the loss is. */
import { expect, test } from "vitest";
import { grad, type Sink } from "../../src/autodiff.ts";
import { batchOf, dataset } from "../../src/data/dataset.ts";
import { CpuDevice } from "../../src/device/cpu.ts";
import { full } from "../../src/fill.ts";
import type { Kernel } from "../../src/kernel.ts";
import { checkKernel } from "../../src/lab/check/check.ts";
import { defineKernel } from "../../src/lab/define.ts";
import { subjectOf } from "../../src/lab/subjects/catalogue.ts";
import { add, mul, sub } from "../../src/ops/binary.ts";
import { outputLayer, type OutputLayerParams, recordOutput, rowLoss } from "../../src/ops/output_layer.ts";
import { sum } from "../../src/ops/reduce.ts";
import { type BatchRows, rowLoader } from "../../src/ops/rows.ts";
import { reshape } from "../../src/ops/shape_ops.ts";
import { abs, exp, log1p, neg } from "../../src/ops/unary.ts";
import { libMath, libRowLoss, libRows } from "../../src/shaders.ts";
import { Tensor, tensor } from "../../src/tensor.ts";
import { composedNll } from "../../src/vae/likelihoods/composed_nll.ts";
import { expectSame, make } from "../support/compare.ts";
import { checkGradient, normals, onEachDevice } from "../support/conformance.ts";

/** nll[m] = Σn (|t| + 2·log1p(exp(−|t|))), t = s + c − x: the logistic distribution, its means shifted by own numbers c [D]. */
const kernel: Kernel<OutputLayerParams> = {
  name: "own_logistic_nll",
  inputs: ["data", "u32?", "f32", "f32", "f32", "f32?"],
  outputs: ["f32", "f32?"],
  params: { M: "u32", B: "u32", D: "u32", H: "u32", offset: "step.u32", scale: "f32", shift: "f32" },
  constants: { KEEP: false, SHIFTED: false, U8: false, GATHER: false },
  grid: ({ M }) => [M],
  cpu([x, index, h, W, b, c], [nll, derivative], p, constants) {
    const target = rowLoader(x!, index!, p.D, p, constants);
    rowLoss([h!, W!, b!], nll!, p, (m, n, s) => {
      const t = s + (constants["SHIFTED"] ? c![n]! : 0) - target(m % p.B, n);
      if (constants["KEEP"]) derivative![m * p.D + n] = Math.tanh(t / 2);
      return Math.abs(t) + 2 * Math.log1p(Math.exp(-Math.abs(t)));
    });
  },
  wgsl: {
    name: "own_logistic_nll",
    uses: [libRowLoss, libRows, libMath],
    source: `// nll[m] = Σn (|t| + 2·log1p(exp(−|t|))), t = s + c − x, s = h·W + b
struct Params { M: u32, B: u32, D: u32, H: u32, offset: u32, scale: f32, shift: f32 }
override KEEP: bool = false;
override SHIFTED: bool = false;
@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<u32>;
@group(0) @binding(2) var<storage, read> h: array<f32>;
@group(0) @binding(3) var<storage, read> W: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read> c: array<f32>;
@group(0) @binding(6) var<storage, read_write> nll: array<f32>;
@group(0) @binding(7) var<storage, read_write> derivative: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn loss(m: u32, n: u32, s: f32) -> f32 {
  var t = s - load_x(data_row(m % params.B) * params.D + n);
  if (SHIFTED) { t += c[n]; }
  if (KEEP) { derivative[m * params.D + n] = tanh(0.5 * t); }
  return abs(t) + 2.0 * log1p(exp(-abs(t)));
}
`,
  },
};

function logisticNll(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, c?: Tensor): Tensor {
  const layer = outputLayer("logisticNll", h, W, b, x, c && { c });
  const { device, inputs, outputs, params, constants, derivative } = layer;
  device.run(kernel, [...inputs, c?.slice ?? null], outputs, params, { ...constants, SHIFTED: c !== undefined });
  const backward = (dnll: Tensor, want: Sink): void => {
    const d = new Tensor(device, "f32", [params.M, params.D], derivative!);
    want.give(sum(mul(d, reshape(dnll, [params.M, 1])), [0]));
  };
  return recordOutput(layer, h, W, b, c && [{ tensor: c, backward }]);
}

function composed(h: Tensor, W: Tensor, b: Tensor, x: Tensor | BatchRows, c: Tensor | number = 0): Tensor {
  return composedNll(h, W, b, x, (s, data) => {
    const t = abs(sub(add(s, c), data));
    return add(t, mul(log1p(exp(neg(t))), 2));
  });
}

await onEachDevice((device) => {
  test.each([
    [1, 1, 1, 1],
    [3, 2, 6, 65],
    [5, 1, 7, 300],
  ])("a loss of one's own is its composition, and so are its gradients, for any cotangent of a row: B %i, S %i, H %i, D %i", async (B, S, H, D) => {
    const [h, W, b, x, c] = make(device, [S * B, H], [H, D], [D], [B, D], [D]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
    for (const own of [undefined, c]) {
      const [fused, plain] = [logisticNll(h, W, b, x, own), composed(h, W, b, x, own)];
      await expectSame("nll", fused, plain, H + D);
      const wrt = { h, W, b, ...(own && { c: own }) };
      for (const cotangent of [make(device, [S * B])[0]!, full(device, [S * B], 0.125)]) {
        const [got, want] = [fused, plain].map((nll) => grad(nll, Object.values(wrt), { cotangent }));
        for (const [i, name] of Object.keys(wrt).entries()) await expectSame(`gradient of ${name}`, got![i]!, want![i]!, H + D + S * B);
      }
      const [onlyW] = grad(fused, [W], { cotangent: full(device, [S * B], 1) });
      await expectSame("gradient of W alone", onlyW!, grad(plain, [W], { cotangent: full(device, [S * B], 1) })[0]!, H + D + S * B);
    }
  });

  test("its data may be bytes, picked by index, and constants keep no derivative", async () => {
    const bytes = Uint8Array.from({ length: 5 * 7 }, (_, i) => (i * 53) % 256);
    const data = dataset(device, bytes, { columns: 7, scale: 1 / 255, shift: 0.5 });
    const order = tensor(device, [4, 2, 0, 1], [4], "u32");
    const operands = make(device, [6, 3], [3, 7], [7]) as [Tensor, Tensor, Tensor];
    const batch = batchOf(data, 3, 1, order.slice);
    await expectSame("nll", logisticNll(...operands, batch), composed(...operands, batch), 10);
    const [h, W, b] = operands.map(({ dtype, shape, slice }) => new Tensor(device, dtype, shape, slice, { tracked: false })) as typeof operands;
    expect(outputLayer("logisticNll", h, W, b, batch).derivative).toBe(null);
    const constant = logisticNll(h, W, b, batch);
    expect(constant.tracked).toBe(false);
    await expectSame("nll of constants", constant, composed(...operands, batch), 10);
    data.dispose();
  });

  test("the laboratory checks it on the operands of the library's own", async () => {
    const { edges, operands } = subjectOf("dense_bernoulli_nll");
    const report = await checkKernel(device, defineKernel(kernel as Kernel), {
      sizes: edges,
      operands: (sizes, key) => {
        const given = operands(sizes, key);
        return { ...given, inputs: [...given.inputs, null] };
      },
      terms: (sizes) => sizes["H"]! + sizes["D"]!,
    });
    expect(report.ok, report.explain()).toBe(true);
  });
});

test("the gradient check passes", async () => {
  const inputs = [normals(1, [4, 3]), normals(2, [3, 5]), normals(3, [5]), normals(4, [5])];
  const data = normals(5, [2, 5]);
  await checkGradient((h, W, b, c) => logisticNll(h, W, b, tensor(h.device, Float64Array.from(data.data), data.shape), c), inputs);
});

test("wrong operands are refused in one line, before anything is allocated", () => {
  const device = new CpuDevice();
  const [h, W, b, x, c] = make(device, [4, 3], [3, 5], [5], [4, 5], [5]) as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const [wide, short, narrow] = make(device, [4, 6], [3, 5], [2, 5]) as [Tensor, Tensor, Tensor];
  const integers = tensor(device, [1, 2, 3, 4, 5], [5], "u32");
  const elsewhere = tensor(new CpuDevice(), [1, 2, 3, 4, 5]);
  const { live } = device.memory();
  for (const [run, message] of [
    [() => logisticNll(h, W, b, wide), "logisticNll: x has the outputs' 5 columns, got [4, 6]"],
    [() => logisticNll(h, W, b, short), "logisticNll: the rows of h are a multiple of the rows of x, got h [4, 3] and x [3, 5]"],
    [() => logisticNll(h, narrow, b, x), "logisticNll: inner dimensions differ"],
    [() => logisticNll(h, W, W, x), "logisticNll: b has shape [5], one bias per output, got [3, 5]"],
    [() => logisticNll(h, W, b, x, elsewhere), "logisticNll: tensors are on different devices"],
    [() => logisticNll(h, W, b, x, integers), "logisticNll: c is f32, got u32"],
  ] as const) {
    expect(run).toThrow(message);
  }
  expect(device.memory().live).toBe(live);
  c.dispose();
  expect(() => logisticNll(h, W, b, x, c)).toThrow("logisticNll: c was disposed");
});
